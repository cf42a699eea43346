//! The pages of `docs/model`: their rules, the tags in front of them, and what a tag looks like.

use crate::finding::Finding;
use crate::tree::TextFile;

/// Where the pages lie.
pub(crate) const PAGES: &str = "docs/model/";

/// A tag in front of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The tag, without its brackets.
    pub(crate) tag: String,
    /// Whether it stands without `(not built)`.
    pub(crate) built: bool,
    /// The page.
    pub(crate) path: String,
    /// The line, counted from 1.
    pub(crate) line: usize,
}

/// A tag that stands in some other place and points to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The tag, without its brackets.
    pub(crate) tag: String,
    /// The file.
    pub(crate) path: String,
    /// The line, counted from 1.
    pub(crate) line: usize,
}

/// What the pages say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// The rules, in order.
    pub(crate) rules: Vec<Rule>,
    /// Tags that stand elsewhere in the pages.
    pub(crate) references: Vec<Reference>,
    /// Items without a tag.
    pub(crate) findings: Vec<Finding>,
}

/// Reads the pages among `files`. `README.md` explains and holds no rules.
pub(crate) fn read(files: &[TextFile]) -> Model {
    let mut model = Model::default();
    let pages = files.iter().filter(|file| file.path.starts_with(PAGES) && file.path.ends_with(".md"));
    for file in pages.filter(|file| !file.path.ends_with("/README.md")) {
        Page { path: &file.path, model: &mut model, items: Vec::new(), open: Vec::new() }.read(&file.text);
    }
    model
}

/// An item of a list.
struct Item {
    line: usize,
    /// It, or one that it is nested in, has a tag.
    tagged: bool,
    has_nested: bool,
}

struct Page<'a> {
    path: &'a str,
    model: &'a mut Model,
    items: Vec<Item>,
    /// The items that the next line may be nested in: their indentation and place in `items`.
    open: Vec<(usize, usize)>,
}

impl Page<'_> {
    fn read(mut self, text: &str) {
        let (mut fenced, mut rules, mut after_blank) = (false, true, true);
        for (line, text) in (1..).zip(text.lines()) {
            let trimmed = text.trim_start();
            let indentation = text.len() - trimmed.len();
            if trimmed.starts_with("```") {
                fenced = !fenced;
            } else if fenced || (self.open.is_empty() && after_blank && indentation >= 4) {
                continue;
            } else if trimmed.starts_with('#') {
                (rules, self.open) = (true, Vec::new());
            } else if trimmed == "<!-- no rules -->" {
                rules = false;
            } else if let Some(content) = item(trimmed) {
                self.item(line, indentation, content, rules);
            } else if let Some(cell) = trimmed.strip_prefix('|') {
                self.content(line, cell.trim_start());
            } else if !trimmed.is_empty() {
                if after_blank && indentation == 0 {
                    self.open.clear();
                }
                self.references(line, trimmed);
            }
            after_blank = trimmed.is_empty();
        }
        for item in self.items.iter().filter(|item| !item.tagged && !item.has_nested) {
            let message = "this rule has no tag; put [page.name] in front (docs/model/README.md)";
            self.model.findings.push(Finding::new(self.path, item.line, message));
        }
    }

    fn item(&mut self, line: usize, indentation: usize, content: &str, rules: bool) {
        self.open.retain(|&(outer, _)| outer < indentation);
        let parent = self.open.last().map(|&(_, place)| place);
        let inherited = parent.is_some_and(|place| {
            self.items[place].has_nested = true;
            self.items[place].tagged
        });
        let tagged = self.content(line, content) || inherited || !rules;
        self.open.push((indentation, self.items.len()));
        self.items.push(Item { line, tagged, has_nested: false });
    }

    /// Reads what may begin with a tag; whether it does.
    fn content(&mut self, line: usize, content: &str) -> bool {
        let rule = content.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((tag, rest)) = rule.filter(|(tag, rest)| is_tag(tag) && !rest.starts_with('(')) else {
            self.references(line, content);
            return false;
        };
        let built = !rest.trim_start().starts_with("(not built)");
        let (tag, path) = (tag.to_owned(), self.path.to_owned());
        self.model.rules.push(Rule { tag, built, path, line });
        self.references(line, rest);
        true
    }

    fn references(&mut self, line: usize, text: &str) {
        for prose in text.split('`').step_by(2) {
            let references = tags_in(prose).into_iter();
            let path = self.path;
            self.model.references.extend(references.map(|tag| Reference {
                tag,
                path: path.to_owned(),
                line,
            }));
        }
    }
}

/// What follows the number or bullet of an item of a list; `None` if the line begins none.
fn item(trimmed: &str) -> Option<&str> {
    let after_number = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = match after_number.strip_prefix('.') {
        Some(rest) if after_number.len() < trimmed.len() => rest,
        _ => trimmed.strip_prefix(['-', '*', '+'])?,
    };
    rest.starts_with(' ').then(|| rest.trim_start())
}

/// Whether this is `prefix.name`, in lower case, with digits and hyphens.
fn is_tag(text: &str) -> bool {
    let word = |text: &str| {
        let ends = |c: Option<char>| c.is_some_and(|c| c != '-');
        text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && ends(text.chars().next())
            && ends(text.chars().last())
    };
    let letter_first = text.starts_with(|c: char| c.is_ascii_lowercase());
    text.split_once('.').is_some_and(|(prefix, name)| letter_first && word(prefix) && word(name))
}

/// The bracketed tags in a line. Links, and brackets that index something, are none.
pub(crate) fn tags_in(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let indexed = rest[..open].ends_with(|c: char| c.is_alphanumeric() || "_])".contains(c));
        rest = &rest[open + 1..];
        if let Some((tag, after)) = rest.split_once(']')
            && is_tag(tag)
            && !indexed
            && !after.starts_with('(')
        {
            tags.push(tag.to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::brief;

    fn page(text: &str) -> Model {
        read(&[TextFile::new("docs/model/page.md", text), TextFile::new("docs/model/README.md", "- x")])
    }

    fn tags(model: &Model) -> Vec<(&str, bool, usize)> {
        model.rules.iter().map(|rule| (rule.tag.as_str(), rule.built, rule.line)).collect()
    }

    #[test]
    fn rules_stand_in_items_and_rows() {
        let model = page(
            "# T\n1. [a.one] Text, see [a.two].\n   - nested, needs none\n2. Heading:\n   - [a.two] (not built) x\n\
             \n| tag | x |\n| --- | --- |\n| [a-b.row-3] (not built) | y |\n",
        );
        assert_eq!(tags(&model), [("a.one", true, 2), ("a.two", false, 5), ("a-b.row-3", false, 9)]);
        assert_eq!(model.references.len(), 1);
        assert_eq!(model.references[0].line, 2);
        assert!(model.findings.is_empty(), "{:?}", model.findings);
    }

    #[test]
    fn items_without_a_tag_are_found() {
        let model = page("# T\n- bare\n- [link](x.md) bare\n- Heading:\n  1. bare\n  2. [a.b] tagged\n");
        let lines: Vec<usize> = model.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3, 5], "{:?}", brief(&model.findings));
    }

    #[test]
    fn code_and_sections_without_rules_are_left_alone() {
        let model = page(
            "# T\n<!-- no rules -->\n- bare\n\n    - code\n\n# U\n```\n- code [a.b]\n```\n\n    1. code\n\n\
             Text `x[a.b]` x[i.j] [a.b](link).\n",
        );
        assert!(
            model.findings.is_empty() && model.rules.is_empty() && model.references.is_empty(),
            "{model:?}"
        );
    }

    #[test]
    fn tags_have_one_shape() {
        for good in ["a.b", "mpage-read.reuse", "l2.p2-x"] {
            assert!(is_tag(good), "{good}");
        }
        for bad in ["a", "A.b", "a.", ".b", "0.5", "a.b.c", "-a.b", "a.b-", "a b.c"] {
            assert!(!is_tag(bad), "{bad}");
        }
    }
}
