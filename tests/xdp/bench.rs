//! The program in the kernel with the world's tables, given one frame at a time.
//!
//! No interface is involved: the kernel runs the program as if the loopback interface had received the frame. The maps are this bench's own.

use vrrp_ebpf::abi::{BlockView, Counters, Port, Reason, Role, RouterEvent};
use vrrp_ebpf::verdict::{Verdict, decide};
use vrrp_userspace::config::XdpMode;
use vrrp_userspace::system::datapath::{
    Action, Attachment, Capture, Datapath, Doorbell, Interface, Publisher, RingSizes, Statistics,
};

use crate::model::Model;
use crate::world::{BACKUP, Circumstances, OTHER_PORT, PORT, ROUTERS, World};

/// The loopback interface of every network.
const LOOPBACK: u32 = 1;

/// A loaded program, nowhere attached.
pub(crate) struct Bench {
    datapath: Datapath,
    publisher: Publisher,
    doorbell: Doorbell,
    statistics: Statistics,
    index: u32,
    circumstances: Circumstances,
    /// What the blocks should say.
    pub(crate) model: Model,
}

/// What a frame did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) action: Action,
    /// The doorbell's records.
    pub(crate) rings: Vec<RouterEvent>,
}

impl Bench {
    /// Loads the program, which needs root, and publishes the world to it.
    pub(crate) fn new() -> Self {
        Self::of(LOOPBACK)
    }

    /// The same with the world's interface at this index.
    pub(crate) fn of(index: u32) -> Self {
        let rings = RingSizes::default();
        let mut datapath = Datapath::load(rings).expect("the kernel takes the program");
        let mut bench = Self {
            publisher: datapath.publisher().expect("the tables are there"),
            doorbell: datapath.doorbell().expect("the blocks are there"),
            statistics: datapath.statistics().expect("the counters are there"),
            datapath,
            index,
            circumstances: BACKUP,
            model: Model::default(),
        };
        bench.publish();
        bench
    }

    /// Lets real frames come.
    pub(crate) fn attach(&mut self, interface: &Interface, mode: XdpMode) -> Attachment {
        self.datapath
            .attach(interface, mode)
            .expect("it takes the program")
    }

    fn publish(&mut self) {
        let world = World::new(BACKUP);
        for (key, entry) in world.routers {
            self.publisher.set_router(key, entry).expect("room");
        }
        for (key, entry) in world.peers {
            self.publisher.set_peer(key, entry).expect("room");
        }
        for (key, entry) in world.vips {
            self.publisher.set_vip(key, entry).expect("room");
        }
        self.publish_circumstances();
    }

    /// The ring of what is captured. Inside a runtime only.
    pub(crate) fn capture(&mut self) -> Capture {
        self.datapath.capture().expect("the ring is there")
    }

    /// Changes the circumstances, if they differ.
    pub(crate) fn arrange(&mut self, circumstances: Circumstances) {
        if self.circumstances != circumstances {
            self.circumstances = circumstances;
            self.publish_circumstances();
        }
    }

    fn publish_circumstances(&mut self) {
        let port = self.circumstances.port();
        self.publisher.set_port(self.index, port).expect("room");
        for slot in 0..ROUTERS {
            self.publish_role(slot);
        }
    }

    fn publish_role(&mut self, slot: u32) {
        let role = Role {
            acknowledged: self.model.acknowledged(slot),
            ..self.circumstances.role()
        };
        self.doorbell.set_role(slot, role).expect("room");
    }

    /// Does what the controller does when it hears the bell.
    pub(crate) fn acknowledge(&mut self, slot: u32, bell: u64) {
        self.model.acknowledge(slot, bell);
        self.publish_role(slot);
    }

    /// Gives the program a frame; it must leave it as it is.
    pub(crate) fn give(&mut self, frame: &[u8]) -> Done {
        let (action, left) = self
            .datapath
            .rehearse(frame)
            .expect("the kernel takes the frame");
        assert_eq!(left, frame, "the program has changed a frame");
        let rings = std::iter::from_fn(|| self.doorbell.next_ring()).collect();
        Done { action, rings }
    }

    /// What the judge says of it here, under the same circumstances.
    pub(crate) fn native(&self, frame: &[u8]) -> Verdict {
        let port: Port = self.circumstances.port();
        decide(frame, &port, &World::new(self.circumstances))
    }

    /// Gives the program a frame, and the model the native verdict on it; returns what differs beside the action.
    pub(crate) fn give_both(&mut self, frame: &[u8]) -> (Done, Verdict, Option<RouterEvent>) {
        let verdict = self.native(frame);
        let done = self.give(frame);
        let expected = self.model.take(&verdict, &self.circumstances.role());
        (done, verdict, expected)
    }

    /// A router's block.
    pub(crate) fn block(&self, slot: u32) -> BlockView {
        self.doorbell.block(slot).expect("there is a block")
    }

    /// What has been counted on our interface, and on the other one nothing.
    pub(crate) fn counters(&self) -> Counters {
        let elsewhere = self.statistics.of(OTHER_PORT).expect("there are counters");
        assert_eq!(
            elsewhere,
            Counters::default(),
            "the other interface was quiet"
        );
        self.statistics.of(PORT).expect("there are counters")
    }

    /// What frames that are too short for an interface are answered with.
    pub(crate) fn refuses(&mut self, frame: &[u8]) -> bool {
        self.datapath.rehearse(frame).is_err()
    }
}

/// Every reason that was counted between two looks, as often as it was; whether an alert went out or was held back is a matter of time.
pub(crate) fn counted_between(before: Counters, after: Counters) -> Vec<Reason> {
    let mut counted = Vec::new();
    for reason in Reason::ALL.iter().copied() {
        let times = *{ after }.of(reason) - *{ before }.of(reason);
        if !matches!(reason, Reason::AlertSuppressed | Reason::AlertLost) {
            counted.extend((0..times).map(|_| reason));
        }
    }
    counted
}
