//! The grammar that the recogniser decodes under: characters, classes of characters, and templates of classes.
//!
//! A template is one layout of one country's plates, such as `DDL|DDDDD`: two digits, a letter, and on a second line
//! five digits. Decoding keeps, for every text begun, the set of templates that may still become true ([`Alive`]).

use super::Country;

/// Every character that a plate may carry: digits, Latin letters, the 31 provinces of China, and Chinese endings.
pub const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ\
    京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼挂学警港澳领使";

/// An index into [`ALPHABET`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u8);

impl Symbol {
    /// The symbol of a plate character.
    #[must_use]
    pub fn of(character: char) -> Option<Self> {
        let index = ALPHABET.chars().position(|c| c == character)?;
        u8::try_from(index).ok().map(Self)
    }

    /// The character it stands for.
    #[must_use]
    pub fn character(self) -> char {
        ALPHABET.chars().nth(usize::from(self.0)).expect("a symbol is made from a character of the alphabet")
    }
}

/// A set of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Class(u128);

impl Class {
    /// The characters of `text`; what is no plate character is ignored.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.chars().filter_map(Symbol::of).fold(0, |set, symbol| set | 1 << symbol.0))
    }

    /// Whether `symbol` is one of them.
    #[must_use]
    pub fn contains(self, symbol: Symbol) -> bool {
        self.0 >> symbol.0 & 1 == 1
    }
}

/// One layout of one country's plates.
#[derive(Debug, Clone)]
pub struct Template {
    /// Whose.
    pub country: Country,
    /// What may stand at each position.
    pub classes: Vec<Class>,
    /// For a two-line plate: how many characters stand in the upper line.
    pub upper_line: Option<usize>,
    /// How usual such plates are beside the others, 0 to 1: weighs a short or loose template down, because it fits
    /// by chance more often.
    pub prior: f64,
}

impl Template {
    /// A template written as a pattern: one character per position, looked up by `class_of`; `|` breaks the line.
    #[must_use]
    pub fn parse(country: Country, pattern: &str, prior: f64, class_of: impl Fn(char) -> Class) -> Self {
        let upper_line = pattern.chars().position(|c| c == '|');
        let classes = pattern.chars().filter(|c| *c != '|').map(class_of).collect();
        Self { country, classes, upper_line, prior }
    }

    /// Whether the whole of `text` fits.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let fits = |(class, c): (&Class, char)| Symbol::of(c).is_some_and(|symbol| class.contains(symbol));
        text.chars().count() == self.classes.len() && self.classes.iter().zip(text.chars()).all(fits)
    }
}

/// A set of templates is kept in so many bits. The built-in countries have 49; a config may list so many more that all
/// fit together.
pub(super) const MOST_TEMPLATES: usize = 128;

/// The templates of a lane's countries.
#[derive(Debug, Clone)]
pub struct Grammar {
    templates: Vec<Template>,
    /// For each position and symbol the templates that have the symbol there: decoding asks tens of thousands of times.
    having: Vec<Vec<Alive>>,
}

/// Which templates a text begun may still become: one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alive(u128);

impl Alive {
    /// Whether there is no template left.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn retain(self, templates: &[Template], keep: impl Fn(&Template) -> bool) -> Self {
        let kept = templates.iter().enumerate().filter(|(i, t)| self.0 >> i & 1 == 1 && keep(t));
        Self(kept.fold(0, |set, (i, _)| set | 1 << i))
    }
}

impl Grammar {
    /// The grammar of `countries`, in their order of preference.
    #[must_use]
    pub fn of(countries: &[Country]) -> Self {
        let templates: Vec<_> = countries.iter().flat_map(|country| country.templates()).cloned().collect();
        Self::new(templates)
    }

    fn new(templates: Vec<Template>) -> Self {
        assert!(templates.len() <= MOST_TEMPLATES, "a set of templates is kept in 128 bits");
        let positions = templates.iter().map(|template| template.classes.len()).max().unwrap_or(0);
        let having = |position: usize, symbol: Symbol| {
            let has = |t: &Template| t.classes.get(position).is_some_and(|class| class.contains(symbol));
            Alive(u128::MAX).retain(&templates, has)
        };
        let symbols = || (0_u8..).map(Symbol).take(ALPHABET.chars().count());
        let having =
            (0..positions).map(|position| symbols().map(|symbol| having(position, symbol)).collect()).collect();
        Self { templates, having }
    }

    /// Whose templates these are, in their order of preference.
    #[must_use]
    pub fn countries(&self) -> Vec<Country> {
        let mut countries: Vec<_> = self.templates.iter().map(|template| template.country).collect();
        countries.dedup();
        countries
    }

    /// The grammar of numbers that are painted on vehicles' sides.
    #[must_use]
    pub fn of_side_numbers() -> Self {
        Self::new(super::side_number_templates().to_vec())
    }

    /// The templates for a plate in one line, or in two.
    #[must_use]
    pub fn start(&self, two_lines: bool) -> Alive {
        Alive(u128::MAX).retain(&self.templates, |template| template.upper_line.is_some() == two_lines)
    }

    /// The templates for a plate that is read as a whole, in one line or in two: the characters come in reading order, and
    /// where the upper line ends is no question. Other countries' templates name no line break, so they may stand in either.
    #[must_use]
    pub fn whole(&self, two_lines: bool) -> Alive {
        let fits = |t: &Template| t.upper_line.is_some() == two_lines || t.country == Country::Other;
        Alive(u128::MAX).retain(&self.templates, fits)
    }

    /// What is left when `symbol` follows a text of `length` characters.
    #[must_use]
    pub fn advance(&self, alive: Alive, length: usize, symbol: Symbol) -> Alive {
        let having = self.having.get(length).and_then(|symbols| symbols.get(usize::from(symbol.0)));
        Alive(having.map_or(0, |having| alive.0 & having.0))
    }

    /// What is left when the upper line ends after `length` characters.
    #[must_use]
    pub fn break_line(&self, alive: Alive, length: usize) -> Alive {
        alive.retain(&self.templates, |t| t.upper_line == Some(length))
    }

    /// How usual a text of `length` characters is as a whole plate: the best prior; `None` if it is not complete.
    #[must_use]
    pub fn complete(&self, alive: Alive, length: usize) -> Option<f64> {
        let complete =
            self.templates.iter().enumerate().filter(|(i, t)| alive.0 >> i & 1 == 1 && t.classes.len() == length);
        complete.map(|(_, template)| template.prior).reduce(f64::max)
    }
}
