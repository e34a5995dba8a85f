//! `[mirrors]`: in which other systems' forms events are published too. A table that is there turns its mirror on.

use super::keys;
use super::mqtt::{Names, topic_root};
use super::problem::Problem;
use super::secret::{Wanted, secret};
use super::site::SiteConfig;
use super::table::Table;
use crate::login::PasswordPlace;
use crate::publish::AnalyticsKey;
use crate::publish::mirrors::{analytics, home_assistant};
use crate::publish::topics::TopicRoot;

/// Which mirrors there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MirrorsConfig {
    /// ONVIF Profile M events.
    pub onvif: Option<OnvifConfig>,
    /// A device of Home Assistant.
    pub home_assistant: Option<HomeAssistantConfig>,
    /// Passages with hashes of plates.
    pub analytics: Option<AnalyticsConfig>,
}

/// `[mirrors.onvif_events]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnvifConfig {
    /// What its topics begin with; the gate's own root if absent.
    pub topic_prefix: Option<TopicRoot>,
}

/// `[mirrors.home_assistant]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeAssistantConfig {
    /// Where Home Assistant looks for devices.
    pub discovery_prefix: TopicRoot,
}

/// `[mirrors.analytics]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyticsConfig {
    /// What its topics begin with.
    pub topic_root: TopicRoot,
    /// Where the key of the hashes is.
    pub key: PasswordPlace,
}

const KEY: Wanted = Wanted {
    file: "key_file",
    variable: "key_env",
    credential: "key_credential",
    what: "the key of the hashes",
    fault: |text| AnalyticsKey::parse(text).err(),
    help: "make one with: openssl rand -base64 32 > analytics-key",
};

impl MirrorsConfig {
    /// Whether there is any.
    #[must_use]
    pub fn any(&self) -> bool {
        self.onvif.is_some() || self.home_assistant.is_some() || self.analytics.is_some()
    }

    /// Without `site` there is a problem already and nothing comes of this, but the problems of this table are noted.
    /// `own_root` is the gate's own, if that is right.
    pub(super) fn read(table: &Table<'_>, site: Option<&SiteConfig>, own_root: Option<&TopicRoot>) -> Self {
        let names = Names::of(site);
        let onvif = table.optional_table("onvif_events", &keys::ONVIF).map(|table| OnvifConfig {
            topic_prefix: table.optional("topic_prefix", |value| topic_root(value, &names)),
        });
        let home_assistant = table.optional_table("home_assistant", &keys::HOME_ASSISTANT);
        let home_assistant = home_assistant.map(|table| HomeAssistantConfig {
            discovery_prefix: table
                .or("discovery_prefix", fixed(&names, home_assistant::USUAL_PREFIX), |value| topic_root(value, &names)),
        });
        let prefix = onvif.as_ref().and_then(|mirror| mirror.topic_prefix.as_ref());
        let discovery = home_assistant.as_ref().map(|mirror| &mirror.discovery_prefix);
        let with_plates: Vec<&TopicRoot> = [own_root, prefix, discovery].into_iter().flatten().collect();
        let analytics = table.optional_table("analytics", &keys::ANALYTICS);
        let analytics = analytics.and_then(|table| read_analytics(&table, &names, own_root, &with_plates));
        Self { onvif, home_assistant, analytics }
    }
}

fn read_analytics(
    table: &Table<'_>,
    names: &Names,
    own_root: Option<&TopicRoot>,
    with_plates: &[&TopicRoot],
) -> Option<AnalyticsConfig> {
    let usual = fixed(names, analytics::DEFAULT_TEMPLATE);
    let topic_root = table.or("topic_root", usual, |value| topic_root(value, names));
    let place = || table.find("topic_root").map_or(table.place(), toml::Spanned::span);
    const REMEDY: &str = "choose a root of its own, so that the broker's access rules can part the two";
    if own_root.is_some_and(|own| topic_root.lies_in(own)) {
        let problem = Problem::at(place(), "hashes of plates would stand among the plates themselves");
        table.note(problem.label("this lies in the `topic_root` of [mqtt]").help(REMEDY));
    } else if let Some(plates) = with_plates.iter().find(|plates| plates.lies_in(&topic_root)) {
        let problem = Problem::at(place(), "plates would stand among their hashes");
        table.note(problem.label(format!("{plates} lies in it, and plates stand there")).help(REMEDY));
    }
    let key = secret(table, &KEY);
    Some(AnalyticsConfig { topic_root, key: key? })
}

fn fixed(names: &Names, template: &str) -> TopicRoot {
    names.topic_root(template).expect("names make levels of a topic")
}
