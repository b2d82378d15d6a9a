//! The layers of the configuration: defaults, file, environment, flags. The later ones win.

use crate::flags::Flags;
use crate::settings::{self, SCHEDULER_ADDRESS, SETTINGS, Section, Setting};
use config::{Config, ConfigError, FileFormat, Map, Source, Value, ValueKind};
use std::path::{Path, PathBuf};

/// The variable that names the scheduler to workers and clients alike.
const SCHEDULER_VARIABLE: &str = "TASKLOOM_SCHEDULER";

/// Variables that start like settings and are read elsewhere.
const OTHER_VARIABLES: [&str; 2] = [SCHEDULER_VARIABLE, crate::flags::CONFIG_VARIABLE];

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayerError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not valid TOML: {reason}", path.display())]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// Line, column and what is wrong.
        reason: String,
    },
    /// There is no such setting.
    #[error("{place}: unknown key {key}{}", nearest(near.as_deref()))]
    UnknownKey {
        /// The file, or `the environment`.
        place: String,
        /// The key or variable.
        key: String,
        /// The one that may have been meant.
        near: Option<String>,
    },
    /// A value cannot be used.
    #[error("{place}: {reason}")]
    Value {
        /// Flag, variable, or file and key.
        place: String,
        /// What is wrong with it and what would be right.
        reason: String,
    },
    /// Two settings say the same thing.
    #[error("{place}: {first} and {second} exclude each other: give one of them")]
    Both {
        /// The layer.
        place: String,
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A setting that is needed is nowhere.
    #[error("{0}")]
    Missing(String),
    /// The layers cannot be put together.
    #[error("cannot put the configuration together: {0}")]
    Build(#[from] ConfigError),
}

fn nearest(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// The settings of one daemon with all layers applied.
#[derive(Debug)]
pub(crate) struct Layers {
    section: Section,
    merged: Config,
    /// What a person should hear that does not stop the daemon.
    pub warnings: Vec<String>,
}

impl Layers {
    /// Puts the layers of one daemon together.
    pub(crate) fn new(
        section: Section,
        flags: &Flags,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, LayerError> {
        let mut variables = Layer::default();
        let mut warnings = Vec::new();
        let mut file = flags.config.clone();
        for (name, text) in environment {
            if name == crate::flags::CONFIG_VARIABLE {
                file = file.or_else(|| Some(PathBuf::from(text)));
                continue;
            }
            variables.add_variable(&name, text, section, &mut warnings)?;
        }
        let mut given = Layer::default();
        for (setting, text) in &flags.settings {
            given.add(setting, setting.flag(), text.clone().into());
        }
        let mut builder = Config::builder().add_source(Layer::defaults(section));
        if let Some(path) = file {
            builder = builder.add_source(Layer::file(&path)?.settled(&path.display().to_string())?);
        }
        let merged = builder
            .add_source(variables.settled("the environment")?)
            .add_source(given.settled("the command line")?)
            .build()?;
        Ok(Self {
            section,
            merged,
            warnings,
        })
    }

    /// The value of a setting by its key, read by `parse`; `None` if nothing sets it.
    ///
    /// `parse` says what is wrong with a text; where it stands is added here.
    pub(crate) fn read<T, E: ToString>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, LayerError> {
        let Some((place, text)) = self.text(key)? else {
            return Ok(None);
        };
        let parsed = parse(&text);
        parsed.map(Some).map_err(|reason| LayerError::Value {
            place,
            reason: reason.to_string(),
        })
    }

    /// Like [`Self::read`], for settings that have a default.
    pub(crate) fn require<T, E: ToString>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, LayerError> {
        self.read(key, parse)?
            .ok_or_else(|| LayerError::Missing(format!("{key} is not set")))
    }

    /// Where a setting was set last: a flag, a variable, a file with its key. For messages about
    /// values that turn out to be wrong only later.
    pub(crate) fn place(&self, key: &str) -> String {
        self.text(key)
            .ok()
            .flatten()
            .map_or_else(|| format!("--{key}"), |(place, _)| place)
    }

    fn text(&self, key: &str) -> Result<Option<(String, String)>, LayerError> {
        let Some(setting) = settings::of(self.section).find(|row| row.key == key) else {
            return Ok(None);
        };
        let value: Value = match self.merged.get(&setting.path()) {
            Ok(value) => value,
            Err(ConfigError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let place = value.origin().unwrap_or("the default").to_owned();
        Ok(match value.kind {
            ValueKind::String(text) if !text.is_empty() => Some((place, text)),
            // Taken back by a layer above, or set to nothing.
            _ => None,
        })
    }
}

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
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

impl Layer {
    fn add(&mut self, setting: &Setting, place: String, value: ValueKind) {
        self.0
            .insert(setting.path(), Value::new(Some(&place), value));
    }

    fn defaults(section: Section) -> Self {
        let mut layer = Self::default();
        for setting in settings::of(section).filter(|row| !row.default.is_empty()) {
            layer.add(setting, "the default".into(), setting.default.into());
        }
        layer
    }

    fn file(path: &Path) -> Result<Self, LayerError> {
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

    fn add_variable(
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
    fn settled(mut self, place: &str) -> Result<Self, LayerError> {
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
    let limit = 1 + last(wanted).chars().count() / 4;
    measured
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::flags::{self, CommandLine};
    use std::convert::Infallible;

    fn layers(
        section: Section,
        words: &[&str],
        environment: &[(&str, &str)],
        file: Option<&str>,
    ) -> Result<Layers, String> {
        let line = CommandLine {
            program: "test".into(),
            prefix: Vec::new(),
            arguments: words.iter().map(std::ffi::OsString::from).collect(),
        };
        let mut flags = flags::parse(section, &line).unwrap();
        let directory = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            let path = directory.path().join("taskloom.toml");
            std::fs::write(&path, text).unwrap();
            flags.config = Some(path);
        }
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let inside = format!("{}/", directory.path().display());
        Layers::new(section, &flags, environment)
            .map_err(|error| error.to_string().replace(&inside, ""))
    }

    fn read(layers: &Layers, key: &str) -> Option<String> {
        layers
            .read(key, |text| Ok::<_, Infallible>(text.to_owned()))
            .unwrap()
    }

    #[test]
    fn later_layers_win() {
        let file = Some("[scheduler]\nport = 1\n");
        let (flag, variable) = (["--port", "3"], [("TASKLOOM_SCHEDULER__PORT", "2")]);
        let port = |words: &[&str], environment: &[(&str, &str)], file| {
            read(
                &layers(Section::Scheduler, words, environment, file).unwrap(),
                "port",
            )
            .unwrap()
        };
        assert_eq!(port(&[], &[], None), "8786");
        assert_eq!(port(&[], &[], file), "1");
        assert_eq!(port(&[], &variable, file), "2");
        assert_eq!(port(&flag, &variable, file), "3");
    }

    #[test]
    fn places_are_named() {
        let file = Some("log-level = 'x'\n[worker]\nnthreads = 2");
        let all = layers(
            Section::Worker,
            &["--name", "w"],
            &[("TASKLOOM_WORKER__PORT", "0")],
            file,
        )
        .unwrap();
        assert_eq!(all.place("name"), "--name");
        assert_eq!(all.place("port"), "TASKLOOM_WORKER__PORT");
        assert!(
            all.place("nthreads")
                .ends_with("taskloom.toml: worker.nthreads")
        );
        assert!(all.place("log-level").ends_with("taskloom.toml: log-level"));
    }

    #[test]
    fn the_common_variable_names_the_scheduler_of_a_worker() {
        let all = layers(
            Section::Worker,
            &[],
            &[("TASKLOOM_SCHEDULER", "there:1")],
            None,
        )
        .unwrap();
        assert_eq!(read(&all, "scheduler").unwrap(), "there:1");
        for order in [[0, 1], [1, 0]] {
            let both = [
                ("TASKLOOM_SCHEDULER", "a:1"),
                ("TASKLOOM_WORKER__SCHEDULER", "b:2"),
            ];
            let all = layers(Section::Worker, &[], &order.map(|at| both[at]), None).unwrap();
            assert_eq!(read(&all, "scheduler").unwrap(), "b:2");
        }
        layers(
            Section::Scheduler,
            &[],
            &[("TASKLOOM_SCHEDULER", "there:1")],
            None,
        )
        .unwrap();
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_and_nearest_name() {
        let wrong = |text| layers(Section::Scheduler, &[], &[], Some(text)).unwrap_err();
        assert_eq!(
            wrong("[worker]\nntreads = 2"),
            "taskloom.toml: unknown key worker.ntreads; did you mean worker.nthreads?"
        );
        assert_eq!(
            wrong("loglevel = 'info'"),
            "taskloom.toml: unknown key loglevel; did you mean log-level?"
        );
        assert_eq!(
            wrong("port = 8786"),
            "taskloom.toml: unknown key port; did you mean scheduler.port?"
        );
        assert_eq!(
            wrong("[pages]\nport = 1"),
            "taskloom.toml: unknown key pages"
        );
        assert!(wrong("scheduler = 'a:1'").contains("write [scheduler]"));
    }

    #[test]
    fn a_file_that_is_not_toml_or_not_there_is_refused_by_name() {
        let text = layers(Section::Worker, &[], &[], Some("[worker]\nname = ")).unwrap_err();
        assert!(text.starts_with("the configuration file taskloom.toml is not valid TOML"));
        assert!(text.contains("line 2"), "{text}");
        let text = layers(Section::Worker, &["--config", "/no/such.toml"], &[], None).unwrap_err();
        assert!(
            text.starts_with("cannot read the configuration file /no/such.toml"),
            "{text}"
        );
        let variable = [("TASKLOOM_CONFIG", "/nor/such.toml")];
        let text = layers(Section::Worker, &[], &variable, None).unwrap_err();
        assert!(text.contains("/nor/such.toml"), "{text}");
    }

    #[test]
    fn unknown_variables_are_refused_or_warned_about() {
        let wrong = [("TASKLOOM_WORKER__NTREADS", "2")];
        assert_eq!(
            layers(Section::Worker, &[], &wrong, None).unwrap_err(),
            "the environment: unknown key TASKLOOM_WORKER__NTREADS; \
             did you mean TASKLOOM_WORKER__NTHREADS?"
        );
        let slip = [
            ("TASKLOOM_WORKER_NTHREADS", "2"),
            ("TASKLOOM_SCHEDULER_SERVICE_HOST", "x"),
        ];
        let warnings = layers(Section::Worker, &[], &slip, None).unwrap().warnings;
        assert_eq!(
            warnings,
            ["the variable TASKLOOM_WORKER_NTHREADS is not used; \
              did you mean TASKLOOM_WORKER__NTHREADS?"]
        );
    }

    #[test]
    fn resources_may_be_a_table_with_names_as_they_are() {
        let file = Some("[worker]\nresources = { GPU = 2, mem = 0.5 }");
        let all = layers(Section::Worker, &[], &[], file).unwrap();
        assert_eq!(read(&all, "resources").unwrap(), "GPU=2 mem=0.5");
        assert!(
            all.place("resources")
                .ends_with("taskloom.toml: worker.resources")
        );
        let list = layers(Section::Worker, &[], &[], Some("[worker]\nnthreads = [1]"));
        assert_eq!(
            list.unwrap_err(),
            "taskloom.toml: worker.nthreads: give one value here, not a list or table"
        );
    }

    #[test]
    fn a_flag_stands_in_for_what_the_file_says_otherwise() {
        let file = Some("[scheduler]\nlisten-address = '10.0.0.1:1'");
        let all = layers(Section::Scheduler, &["--port", "5"], &[], file).unwrap();
        assert_eq!(read(&all, "listen-address"), None);
        assert_eq!(read(&all, "port").unwrap(), "5");
        let file = Some("[scheduler]\nhost = '10.0.0.1'\nport = 1");
        let all = layers(Section::Scheduler, &["--listen-address", "x:5"], &[], file).unwrap();
        assert_eq!((read(&all, "host"), read(&all, "port")), (None, None));
        let both = layers(
            Section::Scheduler,
            &["--host", "a", "--interface", "b"],
            &[],
            None,
        );
        assert_eq!(
            both.unwrap_err(),
            "the command line: host and interface exclude each other: give one of them"
        );
    }
}
