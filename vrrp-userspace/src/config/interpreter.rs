//! Walks a block with its table: looks keywords up, lets them read, and says what was wrong.

use super::{
    block::{Block, Node},
    diagnostic::{Diagnostic, Findings},
    keyword::{Apply, Consequence, Gap, Keyword, Refusal, Refuse, Table},
    keywords,
    lexer::{Fate, Word},
    preprocessor::Feature,
    suggestion::closest,
    words::{Problem, Words},
};

/// Collects what is said about a file.
pub(super) struct Interpreter<'a> {
    diagnostics: &'a mut Findings,
    load_balancing: Vec<Skipped>,
}

/// The blocks of one kind that balance load.
struct Skipped {
    first: Word,
    count: usize,
}

impl<'a> Interpreter<'a> {
    pub(super) const fn new(diagnostics: &'a mut Findings) -> Self {
        Self {
            diagnostics,
            load_balancing: Vec::new(),
        }
    }

    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reads a block. `context` is how a person would call it, for instance `vrrp_instance VI_1`.
    pub(super) fn read<T: Refuse>(
        &mut self,
        block: &Block,
        table: &Table<T>,
        context: &str,
        target: &mut T,
    ) {
        for node in &block.nodes {
            if self.is_for_the_preprocessor(node, target) {
                continue;
            }
            match table.get(&node.keyword().text) {
                Some(keyword) => self.apply(keyword, table, node, target),
                None => self.unknown(node, table, context),
            }
        }
    }

    /// Tells what was skipped; to be called once, at the end.
    pub(super) fn finish(self) {
        for Skipped { first, count } in self.load_balancing {
            let headline = match count {
                1 => format!("`{}` is skipped", first.text),
                _ => format!("{count} times `{}` is skipped", first.text),
            };
            let diagnostic = Diagnostic::note(headline, first.span).now(
                "load balancing is left to keepalived; run it with `--check` beside this daemon",
            );
            self.diagnostics.push(diagnostic);
        }
    }

    fn is_for_the_preprocessor<T: Refuse>(&mut self, node: &Node, target: &mut T) -> bool {
        let Fate::Unsupported(feature) = node.fate else {
            return false;
        };
        let reason = format!("{feature} is not supported yet");
        let now = match feature {
            Feature::Definition => "the variable has no value",
            Feature::Include | Feature::Variable | Feature::Repetition => T::OUTCOME,
        };
        self.tell(Diagnostic::error(&reason, node.span()).now(now));
        if feature != Feature::Definition {
            target.refuse(Refusal {
                reason,
                span: node.span(),
            });
        }
        true
    }

    fn apply<T: Refuse>(
        &mut self,
        keyword: &Keyword<T>,
        table: &Table<T>,
        node: &Node,
        target: &mut T,
    ) {
        match &keyword.apply {
            Apply::Words(apply) => {
                self.no_block(node);
                self.statement(keyword.name, table, node, |words| apply(target, words));
            }
            Apply::Lines(apply) => {
                self.statement(keyword.name, table, node, |_| Ok(()));
                self.lines(keyword.name, node, target, *apply);
            }
            Apply::Block(apply) => {
                let (empty, mut words) = (Block::default(), behind_keyword(node));
                let block = node.body.as_ref().unwrap_or(&empty);
                let result = apply(target, &mut words, block, self);
                self.tell_problems(keyword.name, node.keyword(), result, words);
            }
            Apply::LoadBalancing => self.load_balancing(node.keyword()),
            Apply::WithoutEffect => self.without_effect(keyword, node),
            Apply::RenamedTo(new) => {
                let headline = format!("`{}` is now called `{new}`", keyword.name);
                self.tell(Diagnostic::note(headline, node.keyword().span.clone()));
                if let Some(keyword) = table.get(new) {
                    self.apply(keyword, table, node, target);
                }
            }
            Apply::NotSupportedYet(gap) => self.gap(keyword.name, gap, node, target),
            Apply::WithItsBlock(_) => {}
        }
    }

    /// Lets a keyword read its line, and complains about what it left over.
    fn statement<T>(
        &mut self,
        name: &str,
        table: &Table<T>,
        node: &Node,
        apply: impl FnOnce(&mut Words<'_>) -> Result<(), Problem>,
    ) {
        let mut words = behind_keyword(node);
        let result = apply(&mut words);
        let left_over = if result.is_ok() { words.rest() } else { &[] };
        if let Some(first) = left_over.first() {
            let mut problem = Problem::warning("takes no more words")
                .at(first, "")
                .now(IGNORED);
            if table.get(&first.text).is_some() {
                problem = problem.help(format!("write `{}` on a line of its own", first.text));
            }
            words.tell(problem);
        }
        self.tell_problems(name, node.keyword(), result, words);
    }

    fn lines<T: Refuse>(
        &mut self,
        name: &str,
        node: &Node,
        target: &mut T,
        apply: fn(&mut T, &mut Words<'_>) -> Result<(), Problem>,
    ) {
        for line in node.body.iter().flat_map(|body| &body.nodes) {
            if self.is_for_the_preprocessor(line, target) {
                continue;
            }
            self.no_block(line);
            let mut words = Words::new(&line.words, line.span());
            let result = apply(target, &mut words);
            if let (Ok(()), Some(first)) = (&result, words.rest().first()) {
                let problem = Problem::warning("takes one entry per line");
                words.tell(problem.at(first, "").now(IGNORED));
            }
            self.tell_problems(name, line.keyword(), result, words);
        }
    }

    fn tell_problems(
        &mut self,
        name: &str,
        place: &Word,
        result: Result<(), Problem>,
        words: Words<'_>,
    ) {
        for problem in words.into_problems().into_iter().chain(result.err()) {
            self.diagnostics.push(problem.about(name, &place.span));
        }
    }

    fn no_block(&mut self, node: &Node) {
        if node.body.is_some() {
            let headline = format!("`{}` does not open a block", node.keyword().text);
            self.tell(
                Diagnostic::error(headline, node.keyword().span.clone())
                    .now("the block is ignored"),
            );
        }
    }

    fn load_balancing(&mut self, keyword: &Word) {
        match self
            .load_balancing
            .iter_mut()
            .find(|skipped| skipped.first.text == keyword.text)
        {
            Some(skipped) => skipped.count += 1,
            None => self.load_balancing.push(Skipped {
                first: keyword.clone(),
                count: 1,
            }),
        }
    }

    fn without_effect<T>(&mut self, keyword: &Keyword<T>, node: &Node) {
        let headline = format!("`{}` has no effect", keyword.name);
        self.tell(Diagnostic::note(headline, node.keyword().span.clone()).help(keyword.help));
    }

    fn gap<T: Refuse>(&mut self, name: &str, gap: &Gap, node: &Node, target: &mut T) {
        if asks_for_nothing(gap, node) {
            return;
        }
        let headline = format!("`{name}` is not supported yet");
        let span = node.keyword().span.clone();
        match gap.consequence {
            Consequence::Ignored => {
                self.tell(Diagnostic::warning(headline, span).now("it is ignored"));
            }
            Consequence::InstanceRefused(why) => {
                let now = format!("{}: {why}", T::OUTCOME);
                self.tell(Diagnostic::error(&headline, span.clone()).now(now));
                target.refuse(Refusal {
                    reason: headline,
                    span,
                });
            }
        }
    }

    fn unknown<T>(&mut self, node: &Node, table: &Table<T>, context: &str) {
        if self.diagnostics.is_full() {
            let told = Diagnostic::warning("unknown keyword", node.keyword().span.clone());
            return self.tell(if context.is_empty() {
                told.outside()
            } else {
                told
            });
        }
        let word = &node.keyword().text;
        let inside = if context.is_empty() {
            String::new()
        } else {
            format!(" in `{context}`")
        };
        let what = if node.body.is_some() {
            "the whole block"
        } else {
            "the line"
        };
        let headline = format!("unknown keyword `{word}`{inside}");
        let mut diagnostic = Diagnostic::warning(headline, node.keyword().span.clone())
            .now(format!("{what} is ignored"));
        if context.is_empty() {
            diagnostic = diagnostic.outside();
        }
        if let Some(name) = closest(word, table.names()) {
            diagnostic = diagnostic.help(format!("did you mean `{name}`?"));
        } else if let Some(home) = keywords::home_of(word) {
            diagnostic = diagnostic.help(format!("`{word}` belongs {home}"));
        }
        self.tell(diagnostic);
    }
}

/// What becomes of superfluous words.
const IGNORED: &str = "it is ignored, as keepalived does";

fn behind_keyword(node: &Node) -> Words<'_> {
    Words::new(&node.words[1..], node.span())
}

/// Whether the value switches the keyword off, or asks for what is done anyway.
fn asks_for_nothing(gap: &Gap, node: &Node) -> bool {
    match (node.words.get(1), &node.body) {
        (None, Some(body)) => body.nodes.is_empty(),
        (Some(word), None) => {
            let value = word.text.as_str();
            node.words.len() == 2
                && (["off", "no", "false", "0"].contains(&value) || gap.except.contains(&value))
        }
        (None, None) | (Some(_), Some(_)) => false,
    }
}
