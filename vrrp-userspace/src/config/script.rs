//! The command behind `script` and the `notify` keywords: `"<command with arguments>" [<user> [<group>]]`.

use super::{
    model::{Account, ScriptCommand},
    shell,
    source::{Place, Span},
    words::{Problem, Words},
};

/// Reads a command and who is to run it.
pub(super) fn command(words: &mut Words<'_>) -> Result<ScriptCommand, Problem> {
    let span = words
        .remaining()
        .ok_or_else(|| Problem::error("needs a command"))?;
    words.rest();
    let (parts, is_open) = shell::split(span.text());
    if is_open {
        words.tell(Problem::warning("has a quote that is not closed").now("it ends with the line"));
    }
    let mut parts = parts.into_iter();
    let Some(command) = parts.next() else {
        return Err(Problem::error("needs a command"));
    };
    let at = |start, end| Span::new(span.file(), span.start() + start, span.start() + end);
    let place = Place(at(command.start, command.end));
    let argv = arguments(&command.text);
    if argv.first().is_none_or(String::is_empty) {
        return Err(Problem::error("needs a command").at_span(place.0, "empty"));
    }
    let (user, group) = (parts.next(), parts.next());
    if let Some(extra) = parts.next() {
        let problem = Problem::warning("has words behind its user and group")
            .at_span(at(extra.start, extra.end), "ignored")
            .help("put a command with arguments into double quotes");
        words.tell(problem);
    }
    let (user, group) = (user.map(|word| word.text), group.map(|word| word.text));
    Ok(ScriptCommand {
        argv,
        user,
        group,
        place,
    })
}

/// keepalived: `"</path"` only tests whether a file can be opened, by letting a shell redirect from it.
fn arguments(command: &str) -> Vec<String> {
    if command.starts_with('<') {
        return ["/bin/sh", "-c", command].map(str::to_owned).into();
    }
    shell::split(command)
        .0
        .into_iter()
        .map(|word| word.text)
        .collect()
}

/// Reads `<user> [<group>]`.
pub(super) fn account(words: &mut Words<'_>) -> Result<Account, Problem> {
    let user = words.word("the name of a user")?.text.clone();
    let group = words.next().map(|word| word.text.clone());
    Ok(Account { user, group })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{
            condition::ConfigIds,
            diagnostic::Findings,
            lexer::{Piece, lex},
            source::SourceFile,
        },
        *,
    };

    fn read(text: &str) -> Result<ScriptCommand, Problem> {
        let file: Arc<SourceFile> = SourceFile::new("test.conf", text.to_owned());
        let pieces = lex(&file, &ConfigIds::new(None), &mut Findings::default());
        let Some(Piece::Statement(statement)) = pieces.first() else {
            panic!("{pieces:?}")
        };
        let span = statement.words[0].span.clone();
        command(&mut Words::new(&statement.words[1..], span))
    }

    #[test]
    fn a_quoted_command_keeps_its_arguments() {
        let command = read(r#"notify "/x/n.sh 'a b' c" root adm"#).unwrap();
        assert_eq!(command.argv, ["/x/n.sh", "a b", "c"]);
        assert_eq!(command.user.as_deref(), Some("root"));
        assert_eq!(command.group.as_deref(), Some("adm"));
        assert_eq!(command.place.0.text(), r#""/x/n.sh 'a b' c""#);
    }

    /// keepalived: the trap of many a configuration.
    #[test]
    fn without_quotes_the_second_word_is_a_user() {
        let command = read("script /x/y -v").unwrap();
        assert_eq!(command.argv, ["/x/y"]);
        assert_eq!(command.user.as_deref(), Some("-v"));
    }

    #[test]
    fn a_redirection_is_left_to_a_shell() {
        assert_eq!(
            read(r#"script "</run/ok""#).unwrap().argv,
            ["/bin/sh", "-c", "</run/ok"]
        );
    }

    #[test]
    fn no_command_is_a_problem() {
        assert!(read("script").is_err());
        assert!(read(r#"script """#).is_err());
    }
}
