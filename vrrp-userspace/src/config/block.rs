//! Pieces into a tree: statements, and the blocks that some of them open.
//!
//! A missing or superfluous brace costs one message and as little else as can be: what a block may hold tells
//! where it must have ended.

use super::{
    diagnostic::{Diagnostic, Findings},
    lexer::{Fate, Piece, Statement, Word},
    source::Span,
};

/// A statement and its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// At least one.
    pub(super) words: Vec<Word>,
    pub(super) fate: Fate,
    pub(super) body: Option<Block>,
}

impl Node {
    /// The first word.
    pub(super) fn keyword(&self) -> &Word {
        &self.words[0]
    }

    /// From the first word to the last, without the block.
    pub(super) fn span(&self) -> Span {
        self.words[0]
            .span
            .to(&self.words[self.words.len() - 1].span)
    }
}

impl From<Statement> for Node {
    fn from(statement: Statement) -> Self {
        Self {
            words: statement.words,
            fate: statement.fate,
            body: None,
        }
    }
}

/// What stands between two braces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) nodes: Vec<Node>,
}

/// What a keyword's block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Statements with keywords.
    Keywords,
    /// Lines of values.
    Lines,
}

/// Which keywords open a block inside the block of `parent`; no parent is the file itself.
pub(super) trait Grammar {
    fn opens(&self, parent: Option<&str>, keyword: &str) -> Option<Content>;
}

/// Builds the tree of a file.
pub(super) fn parse(
    pieces: Vec<Piece>,
    grammar: &dyn Grammar,
    diagnostics: &mut Findings,
) -> Block {
    let mut parser = Parser {
        grammar,
        diagnostics,
        frames: Vec::new(),
        root: Vec::new(),
        pending: None,
    };
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Statement(statement) => parser.statement(statement),
            Piece::Open(span) if parser.frames.len() >= DEEPEST => {
                parser.too_deep(span);
                skip_block(&mut pieces);
            }
            Piece::Open(span) => parser.open(span),
            Piece::Close(span) => parser.close(&span),
        }
    }
    parser.finish()
}

/// keepalived needs four levels, LVS six.
const DEEPEST: usize = 16;

fn skip_block(pieces: &mut impl Iterator<Item = Piece>) {
    let mut depth = 1_usize;
    while depth > 0 {
        match pieces.next() {
            Some(Piece::Open(_)) => depth += 1,
            Some(Piece::Close(_)) => depth -= 1,
            Some(Piece::Statement(_)) => {}
            None => return,
        }
    }
}

/// A block that is still open.
struct Frame {
    /// `None` after a brace that belongs to no statement: the content is the outer block's.
    header: Option<Node>,
    /// How the words of the header read inside this block.
    grammar: FrameGrammar,
    nodes: Vec<Node>,
}

/// Whether we know what may stand in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameGrammar {
    Known,
    Unknown,
}

struct Parser<'a> {
    grammar: &'a dyn Grammar,
    diagnostics: &'a mut Findings,
    frames: Vec<Frame>,
    root: Vec<Node>,
    /// The last statement, as long as a brace may follow.
    pending: Option<Node>,
}

impl Parser<'_> {
    fn statement(&mut self, statement: Statement) {
        self.settle();
        self.pending = Some(Node::from(statement));
    }

    fn open(&mut self, span: Span) {
        let Some(node) = self.pending.take() else {
            return self.open_stray(span);
        };
        self.close_forgotten(&node);
        let grammar = match self.content(&node) {
            Some(_) => FrameGrammar::Known,
            None => FrameGrammar::Unknown,
        };
        self.push(Some(node), grammar);
    }

    /// Told once for `{{`, which templates are full of.
    fn open_stray(&mut self, span: Span) {
        let is_second = self
            .frames
            .last()
            .is_some_and(|frame| frame.header.is_none() && frame.nodes.is_empty());
        if !is_second {
            self.diagnostics.push(
                Diagnostic::warning("unexpected `{`", span)
                    .label("belongs to no keyword")
                    .now("its content is read as if it stood outside"),
            );
        }
        self.push(None, FrameGrammar::Known);
    }

    fn close(&mut self, span: &Span) {
        self.settle();
        if !self.pop() {
            self.diagnostics.push(
                Diagnostic::warning("unexpected `}`", span.clone())
                    .label("closes nothing")
                    .now("it is ignored, as keepalived does"),
            );
        }
    }

    fn finish(mut self) -> Block {
        self.settle();
        while let Some(frame) = self.frames.last() {
            if let Some(header) = &frame.header {
                self.diagnostics
                    .push(not_closed(header).label("opened here"));
            }
            self.pop();
        }
        Block { nodes: self.root }
    }

    fn too_deep(&mut self, span: Span) {
        self.pending = None;
        self.diagnostics.push(
            Diagnostic::error("blocks are nested too deeply", span).now("the block is ignored"),
        );
    }

    /// No brace follows the last statement.
    fn settle(&mut self) {
        let Some(mut node) = self.pending.take() else {
            return;
        };
        let content = if node.fate == Fate::Kept {
            self.content(&node)
        } else {
            None
        };
        let Some(content) = content else {
            return self.add(node);
        };

        let missing = Diagnostic::warning(
            format!(
                "`{}` opens a block, but no `{{` follows",
                node.keyword().text
            ),
            node.keyword().span.clone(),
        );
        if content == Content::Lines && node.words.len() > 1 {
            let line = Node {
                words: node.words.split_off(1),
                fate: Fate::Kept,
                body: None,
            };
            self.diagnostics
                .push(missing.now("the rest of the line is its only entry"));
            node.body = Some(Block { nodes: vec![line] });
            return self.add(node);
        }
        self.diagnostics
            .push(missing.now("it lasts to the next `}` that nothing else needs"));
        self.push(Some(node), FrameGrammar::Known);
    }

    /// Closes the blocks that cannot hold `node`, if one further out can: their `}` was forgotten.
    fn close_forgotten(&mut self, node: &Node) {
        if node.fate != Fate::Kept || self.content(node).is_some() {
            return;
        }
        let Some(keep) = self.frames_that_can_hold(&node.keyword().text) else {
            return;
        };
        while self.frames.len() > keep {
            if let Some(header) = self.frames.last().and_then(|frame| frame.header.as_ref()) {
                let before = format!("cannot stand in `{}`", header.keyword().text);
                self.diagnostics
                    .push(not_closed(header).also(node.keyword().span.clone(), before));
            }
            self.pop();
        }
    }

    /// How many of the open blocks remain if `keyword` opens a block in the innermost one that knows it.
    ///
    /// Blocks we do not know are left alone, except by what can stand nowhere but at the top of a file.
    fn frames_that_can_hold(&self, keyword: &str) -> Option<usize> {
        if ONLY_AT_THE_TOP.contains(&keyword) {
            return Some(0);
        }
        for keep in (1..self.frames.len()).rev() {
            if self.frames[keep].grammar == FrameGrammar::Unknown {
                return None;
            }
            if self.grammar.opens(self.name_of(keep), keyword).is_some() {
                return Some(keep);
            }
        }
        None
    }

    fn content(&self, node: &Node) -> Option<Content> {
        if self
            .frames
            .last()
            .is_some_and(|frame| frame.grammar == FrameGrammar::Unknown)
        {
            return None;
        }
        self.grammar
            .opens(self.name_of(self.frames.len()), &node.keyword().text)
    }

    /// The keyword of the innermost of the first `count` open blocks.
    fn name_of(&self, count: usize) -> Option<&str> {
        let headers = self.frames[..count].iter().rev();
        headers
            .filter_map(|frame| frame.header.as_ref())
            .map(|node| node.keyword().text.as_str())
            .next()
    }

    fn push(&mut self, header: Option<Node>, grammar: FrameGrammar) {
        self.frames.push(Frame {
            header,
            grammar,
            nodes: Vec::new(),
        });
    }

    fn pop(&mut self) -> bool {
        let Some(frame) = self.frames.pop() else {
            return false;
        };
        match frame.header {
            Some(mut node) => {
                node.body = Some(Block { nodes: frame.nodes });
                self.add(node);
            }
            None => frame.nodes.into_iter().for_each(|node| self.add(node)),
        }
        true
    }

    fn add(&mut self, node: Node) {
        if node.fate == Fate::Excluded {
            return;
        }
        match self.frames.last_mut() {
            Some(frame) => frame.nodes.push(node),
            None => self.root.push(node),
        }
    }
}

/// What nobody writes into another block by mistake. A `vrrp_track_file` in an instance, for example, comes from a
/// generator that took it for the instance's own.
const ONLY_AT_THE_TOP: [&str; 6] = [
    "global_defs",
    "virtual_server",
    "virtual_server_group",
    "vrrp_instance",
    "vrrp_script",
    "vrrp_sync_group",
];

fn not_closed(header: &Node) -> Diagnostic {
    let headline = format!(
        "a `}}` is missing at the end of `{}`",
        header.keyword().text
    );
    Diagnostic::error(headline, header.keyword().span.clone()).now("the block is used")
}

#[cfg(test)]
mod tests;
