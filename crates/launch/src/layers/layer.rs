//! One layer of the configuration, from wherever it comes.

use super::LayerError;
use crate::settings::{self, SCHEDULER_ADDRESS, SETTINGS, Section, Setting};
use config::{ConfigError, FileFormat, Map, Source, Value, ValueKind};
use std::path::Path;

/// The variable that names the scheduler to workers and clients alike.
const SCHEDULER_VARIABLE: &str = "TASKLOOM_SCHEDULER";

/// Variables that start like settings and are read elsewhere.
const OTHER_VARIABLES: [&str; 2] = [SCHEDULER_VARIABLE, crate::flags::CONFIG_VARIABLE];

/// A value as it would be written on the command line. A table of plain values is a list as that of
/// resources, `GPU=2 MEM=10`.
fn plain_text(value: &ValueKind) -> Option<String> {
    match value {
        ValueKind::Nil | ValueKind::Array(_) => None,
        ValueKind::Table(table) => {
            let mut items: Vec<String> = Vec::with_capacity(table.len());
            for (name, value) in table {
                if matches!(value.kind, ValueKind::Table(_)) {
                    return None;
                }
                items.push(format!("{name}={}", plain_text(&value.kind)?));
            }
            items.sort_unstable();
            Some(items.join(" "))
        }
        plain => Some(plain.to_string()),
    }
}

/// One layer: paths and values, each with the place it stands at.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

impl Layer {
    pub(super) fn add(&mut self, setting: &Setting, place: String, value: ValueKind) {
        self.0
            .insert(setting.path(), Value::new(Some(&place), value));
    }

    pub(super) fn defaults(section: Section) -> Self {
        let mut layer = Self::default();
        for setting in settings::of(section).filter(|row| !row.default.is_empty()) {
            layer.add(setting, "the default".into(), setting.default.into());
        }
        layer
    }

    pub(super) fn file(path: &Path) -> Result<Self, LayerError> {
        let text = std::fs::read_to_string(path).map_err(|source| LayerError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let parsed = config::File::from_str(&text, FileFormat::Toml).collect();
        let top = parsed.map_err(|error| LayerError::NotToml {
            path: path.to_owned(),
            reason: match error {
                ConfigError::FileParse { cause, .. } => cause.to_string(),
                other => other.to_string(),
            },
        })?;
        let place = path.display().to_string();
        let mut layer = Self::default();
        for (key, value) in top {
            // Both daemons may share a file, and each checks all of it: a typing error in the part
            // of the other one shows as early as possible.
            match (key.as_str(), value.kind) {
                ("scheduler" | "worker", ValueKind::Table(table)) => {
                    for (inner, value) in table {
                        layer.add_key(&place, &format!("{key}.{inner}"), value.kind)?;
                    }
                }
                ("scheduler" | "worker", _) => {
                    return Err(LayerError::Value {
                        place: format!("{place}: {key}"),
                        reason: format!("this is a table: write [{key}] and its keys below"),
                    });
                }
                (_, kind) => layer.add_key(&place, &key, kind)?,
            }
        }
        Ok(layer)
    }

    fn add_key(&mut self, file: &str, path: &str, value: ValueKind) -> Result<(), LayerError> {
        match SETTINGS.iter().find(|row| row.path() == path) {
            Some(setting) => {
                let place = format!("{file}: {path}");
                // Tables would be merged over the layers, and lose their place.
                let Some(text) = plain_text(&value) else {
                    let reason = "give one value here, not a list or table".to_owned();
                    return Err(LayerError::Value { place, reason });
                };
                self.add(setting, place, text.into());
                Ok(())
            }
            None => Err(LayerError::UnknownKey {
                place: file.to_owned(),
                key: path.to_owned(),
                near: near(path, SETTINGS.iter().map(Setting::path)),
            }),
        }
    }

    pub(super) fn add_variable(
        &mut self,
        name: &str,
        text: String,
        section: Section,
        warnings: &mut Vec<String>,
    ) -> Result<(), LayerError> {
        if name == SCHEDULER_VARIABLE && section == Section::Worker {
            let address = settings::of(section).find(|row| row.key == SCHEDULER_ADDRESS);
            // The longer name is the more exact one, so it wins wherever it stands.
            if let Some(setting) = address.filter(|row| !self.0.contains_key(&row.path())) {
                self.add(setting, name.to_owned(), text.into());
            }
        } else if let Some(setting) = SETTINGS.iter().find(|row| row.variable() == name) {
            self.add(setting, name.to_owned(), text.into());
        } else if name.starts_with("TASKLOOM_") && !OTHER_VARIABLES.contains(&name) {
            let near = near(name, SETTINGS.iter().map(Setting::variable));
            if name.contains("__") {
                let place = "the environment".to_owned();
                return Err(LayerError::UnknownKey {
                    place,
                    key: name.to_owned(),
                    near,
                });
            }
            // Anybody may put such names into an environment, so only those are worth a word that
            // look like a slip.
            if let Some(near) = near {
                warnings.push(format!(
                    "the variable {name} is not used; did you mean {near}?"
                ));
            }
        }
        Ok(())
    }

    /// A setting takes back those of lower layers that it stands in for: `--port` on the command
    /// line means more than `listen-address` in the file. In one layer they exclude each other.
    pub(super) fn settled(mut self, place: &str) -> Result<Self, LayerError> {
        const EXCLUDE: [(&str, &str); 4] = [
            ("listen-address", "host"),
            ("listen-address", "port"),
            ("listen-address", "interface"),
            ("host", "interface"),
        ];
        for table in [Section::Scheduler.table(), Section::Worker.table()] {
            let given = |layer: &Self, key: &str| {
                let value = layer.0.get(&format!("{table}.{key}"));
                value.is_some_and(|value| !matches!(value.kind, ValueKind::Nil))
            };
            for (first, second) in EXCLUDE {
                let taken_back = match (given(&self, first), given(&self, second)) {
                    (true, true) => {
                        let place = place.to_owned();
                        return Err(LayerError::Both {
                            place,
                            first,
                            second,
                        });
                    }
                    (true, false) => second,
                    (false, true) => first,
                    (false, false) => continue,
                };
                self.0.insert(
                    format!("{table}.{taken_back}"),
                    Value::new(None, ValueKind::Nil),
                );
            }
        }
        Ok(self)
    }
}

/// The name that was probably meant.
fn near(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let last = |name: &str| name.rsplit(['.']).next().unwrap_or(name).to_owned();
    let measured = names.map(|name| {
        let whole = strsim::damerau_levenshtein(wanted, &name);
        // A right key in the wrong table is one step away.
        let moved = 1 + strsim::damerau_levenshtein(&last(wanted), &last(&name));
        (whole.min(moved), name)
    });
    // Long names that share a beginning are near each other by length alone.
    let limit = (1 + last(wanted).chars().count() / 4).min(3);
    measured
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, name)| name)
}
