//! What tests say they prove: `C024+` for what a line demands, `C024-` for what it forbids.
//!
//! A tag stands in the doc comment of a test, or at the head of a row of the table of frames, before its colon. Anywhere else it is an error:
//! it would claim what nobody runs. A bare number, as in "see C024", claims nothing.

use std::fmt;

use anyhow::{Context as _, Result};
use syn::{
    Attribute, Expr, ExprLit, ItemFn, Lit, LitStr, Macro, Meta,
    visit::{self, Visit},
};

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag {
    pub(super) number: u16,
    pub(super) sign: Sign,
}

/// Which side of a line is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// What it demands or allows happens.
    Positive,
    /// What it forbids does not.
    Negative,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.sign {
            Sign::Positive => '+',
            Sign::Negative => '-',
        };
        write!(f, "C{:03}{sign}", self.number)
    }
}

/// What one file claims.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// By test, as it is called.
    pub(super) proved: Vec<(String, Tag)>,
    /// Claims that no test stands behind.
    pub(super) unfounded: Vec<String>,
}

/// Reads the claims of a file. `is_table` is one of the table of frames, whose strings are rows.
pub(super) fn read(text: &str, is_table: bool) -> Result<Claims> {
    let file = syn::parse_file(text).context("not Rust")?;
    let mut reader = Reader {
        claims: Claims::default(),
        is_table,
    };
    reader.visit_file(&file);
    Ok(reader.claims)
}

struct Reader {
    claims: Claims,
    is_table: bool,
}

impl Reader {
    fn row(&mut self, text: &str) {
        if let Some((head, name)) = text.split_once(": ")
            && self.is_table
        {
            let words: Option<Vec<Tag>> = head.split(' ').map(tag).collect();
            for tag in words.unwrap_or_default() {
                self.claims.proved.push((format!("a frame: {name}"), tag));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let is_test = function.attrs.iter().any(|one| one.path().is_ident("test"));
        let name = function.sig.ident.to_string();
        for tag in function
            .attrs
            .iter()
            .filter_map(doc)
            .flat_map(|text| tags(&text))
        {
            if is_test {
                self.claims.proved.push((name.clone(), tag));
            } else {
                self.claims.unfounded.push(format!("{tag} at `{name}`"));
            }
        }
        visit::visit_block(self, &function.block);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Some(text) = doc(attribute) {
            let tags = tags(&text).into_iter();
            self.claims
                .unfounded
                .extend(tags.map(|tag| tag.to_string()));
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.row(&literal.value());
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        for token in called.tokens.clone() {
            if let proc_macro2::TokenTree::Literal(literal) = token
                && let Ok(Lit::Str(text)) = syn::parse_str(&literal.to_string())
            {
                self.row(&text.value());
            }
        }
    }
}

/// The text of a doc comment's line.
fn doc(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &pair.value
    else {
        return None;
    };
    pair.path.is_ident("doc").then(|| text.value())
}

fn tags(text: &str) -> Vec<Tag> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '+' || letter == '-';
    text.split(|letter| !is_part(letter))
        .filter_map(tag)
        .collect()
}

/// `C024+` or `C024-`
fn tag(word: &str) -> Option<Tag> {
    let rest = word.strip_prefix('C')?;
    let (number, sign) = rest.split_at_checked(3)?;
    let sign = match sign {
        "+" => Sign::Positive,
        "-" => Sign::Negative,
        _ => return None,
    };
    let number = number.parse().ok()?;
    Some(Tag { number, sign })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(claims: &Claims) -> Vec<String> {
        let shown = claims
            .proved
            .iter()
            .map(|(test, tag)| format!("{tag} {test}"));
        shown.collect()
    }

    #[test]
    fn a_test_proves_what_its_comment_says() {
        let text = "mod m {\n/// As C001 says. C024+, C025-: every bit.\n#[test]\nfn bits() {}\n}";
        let claims = read(text, false).expect("it is Rust");
        assert_eq!(shown(&claims), ["C024+ bits", "C025- bits"]);
        assert!(claims.unfounded.is_empty());
    }

    #[test]
    fn what_is_no_test_proves_nothing() {
        for text in [
            "/// C024+\nfn bits() {}",
            "/// C024+\nstruct Bits;",
            "//! C024-\nfn f() {}",
        ] {
            let claims = read(text, false).expect("it is Rust");
            assert!(claims.proved.is_empty(), "{text}");
            assert_eq!(claims.unfounded.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_row_proves_what_its_head_says() {
        let text = "fn rows() { row(\"C001- C050+: TTL 3\"); row(format!(\"C002-: {limit}\")); row(\"a: b\"); }";
        let claims = read(text, true).expect("it is Rust");
        assert_eq!(
            shown(&claims),
            [
                "C001- a frame: TTL 3",
                "C050+ a frame: TTL 3",
                "C002- a frame: {limit}"
            ]
        );
        assert!(read(text, false).expect("it is Rust").proved.is_empty());
    }
}
