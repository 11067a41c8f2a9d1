//! What happens to a node's HAProxy, which is the distribution's, started by its own service script.

use std::fs;

use super::Node;
use crate::condition::eventually;

impl Node {
    /// Starts HAProxy as an administrator does and waits until it runs.
    #[track_caller]
    pub fn start_haproxy(&self) {
        self.machine.run("service", &["haproxy", "start"]);
        eventually("HAProxy runs", || self.haproxy_runs());
    }

    /// Kills HAProxy.
    #[track_caller]
    pub fn kill_haproxy(&self) {
        let processes = self.machine.run("pidof", &["haproxy"]);
        let mut arguments = vec!["-KILL"];
        arguments.extend(processes.split_whitespace());
        self.machine.run("kill", &arguments);
        eventually("HAProxy is dead", || !self.haproxy_runs());
    }

    /// Whether HAProxy runs.
    #[must_use]
    pub fn haproxy_runs(&self) -> bool {
        self.machine.output("pidof", &["haproxy"]).status.success()
    }

    /// Makes HAProxy's configuration one that it refuses.
    pub fn break_haproxy(&self) {
        self.write_haproxy_config("this is not a configuration\n");
    }

    /// Makes HAProxy's configuration one that answers with the node's name.
    pub fn repair_haproxy(&self) {
        self.write_haproxy_config(&format!(
            "global\n  maxconn 200\n  nbthread 1\n\
             defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n\
             frontend page\n  bind *:80\n  http-request return content-type text/plain string \"{}\"\n",
            self.name()
        ));
    }

    fn write_haproxy_config(&self, text: &str) {
        let path = self.machine.path("/etc/haproxy/haproxy.cfg");
        fs::write(path, text).expect("the node has a folder for HAProxy's configuration");
    }
}
