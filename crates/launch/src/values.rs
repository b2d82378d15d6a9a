//! How values of settings are written: times, counts, resources, addresses to listen on.

use std::fmt;
use std::time::Duration;
use taskloom_core::ResourceAmount;
use taskloom_core::limits::NAME_BYTES_MAX;

/// Reads `30s`, `1m 30s`, `500ms`, or a number of seconds.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let seconds = text.parse::<f64>().ok();
    let time = match seconds {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => humantime::parse_duration(text).ok(),
    };
    time.ok_or_else(|| format!("{text:?} is not a time; write it as 30s, 500ms or 1m 30s"))
}

/// Reads a time that has to be more than nothing.
pub(crate) fn parse_time_above_zero(text: &str) -> Result<Duration, String> {
    match parse_time(text)? {
        Duration::ZERO => Err(format!(
            "{text:?} is no time at all; write it as 30s or 500ms"
        )),
        time => Ok(time),
    }
}

/// Reads a time, or `never`.
pub(crate) fn parse_time_or_never(text: &str) -> Result<Option<Duration>, String> {
    if ["never", "none", "off"].contains(&text.trim()) {
        return Ok(None);
    }
    parse_time(text)
        .map(Some)
        .map_err(|error| format!("{error}, or as never"))
}

/// A time for people: `30 s`, `1.5 s`, `200 ms`.
pub(crate) fn show_time(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    let text = format!("{:.1}", time.as_secs_f64());
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

/// Reads a count from 1 to `most`.
pub(crate) fn parse_count(text: &str, most: usize) -> Result<usize, String> {
    match text.trim().parse::<usize>() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(format!("{text:?} is not a number from 1 to {most}")),
    }
}

/// Reads a number that fits into a byte.
pub(crate) fn parse_small_count(text: &str) -> Result<u8, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{text:?} is not a number from 0 to {}", u8::MAX))
}

/// Reads a port.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{text:?} is not a port; ports are 0 to 65535"))
}

/// Reads a switch.
pub(crate) fn parse_switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

/// Reads the name of a worker.
pub(crate) fn parse_name(text: &str) -> Result<String, String> {
    if text.len() > NAME_BYTES_MAX {
        return Err(format!(
            "the name is {} bytes long; {NAME_BYTES_MAX} is the most",
            text.len()
        ));
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err(format!(
            "{text:?} is not a name: control characters or spaces around it"
        ));
    }
    Ok(text.to_owned())
}

/// Reads resources, `GPU=2 MEM=10`, into a list that is sorted by name.
pub(crate) fn parse_resources(text: &str) -> Result<Vec<(String, ResourceAmount)>, String> {
    let mut resources: Vec<(String, ResourceAmount)> = Vec::new();
    for item in text
        .split([' ', ',', '\t', '\n'])
        .filter(|item| !item.is_empty())
    {
        let wrong = || format!("{item:?} is not a resource; write them as \"GPU=2 MEM=10\"");
        let (name, amount) = item.split_once('=').ok_or_else(wrong)?;
        let amount = amount
            .parse()
            .ok()
            .and_then(ResourceAmount::from_units)
            .ok_or_else(wrong)?;
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(wrong());
        }
        if resources.iter().any(|(known, _)| known == name) {
            return Err(format!("the resource {name} stands there twice"));
        }
        resources.push((name.to_owned(), amount));
    }
    resources.sort_unstable();
    Ok(resources)
}

/// An address as it is given: a host, and a port where one was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    /// Name or address, IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
}

impl HostPort {
    /// Reads `host`, `host:port`, `[::1]:port` or `::1`, also with a scheme in front.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is not an address; write it as host:port, [::1]:port or host");
        let bare = text.trim();
        let bare = bare
            .split_once("://")
            .map_or(bare, |(_, rest)| rest)
            .trim_end_matches('/');
        let (host, port) = if let Some(rest) = bare.strip_prefix('[') {
            let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => return Err(wrong()),
            }
        } else if bare.matches(':').count() > 1 {
            (bare, None)
        } else {
            bare.split_once(':')
                .map_or((bare, None), |(host, port)| (host, Some(port)))
        };
        let known = |c: char| c.is_alphanumeric() || "-._:%".contains(c);
        if host.is_empty() || !host.chars().all(known) {
            return Err(wrong());
        }
        let port = port.map(parse_port).transpose()?;
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }

    /// Reads an address with a port.
    pub(crate) fn parse_with_port(text: &str) -> Result<(String, u16), String> {
        match Self::parse(text)? {
            Self {
                host,
                port: Some(port),
            } => Ok((host, port)),
            Self { host, port: None } => Err(format!(
                "the address {host} has no port; write it as {host}:8786"
            )),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.host.contains(':'), self.port) {
            (true, Some(port)) => write!(f, "[{}]:{port}", self.host),
            (true, None) => write!(f, "[{}]", self.host),
            (false, Some(port)) => write!(f, "{}:{port}", self.host),
            (false, None) => f.write_str(&self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn times_are_written_with_or_without_a_unit() {
        assert_eq!(parse_time("30s").unwrap(), Duration::from_secs(30));
        assert_eq!(parse_time("1m 30s").unwrap(), Duration::from_secs(90));
        assert_eq!(parse_time("0.5").unwrap(), Duration::from_millis(500));
        assert_eq!(parse_time("0").unwrap(), Duration::ZERO);
        for text in ["", "soon", "-3", "-3s", "NaN", "1e99", "never"] {
            assert!(parse_time(text).unwrap_err().contains("500ms"), "{text}");
        }
        assert!(parse_time_above_zero("0s").is_err());
        assert_eq!(parse_time_or_never("never").unwrap(), None);
        assert_eq!(
            parse_time_or_never("60s").unwrap(),
            Some(Duration::from_secs(60))
        );
        assert!(parse_time_or_never("later").unwrap_err().contains("never"));
    }

    #[test]
    fn resources_are_sorted_and_unique() {
        let amount = |units| ResourceAmount::from_units(units).unwrap();
        assert_eq!(
            parse_resources("MEM=10 GPU=0.5").unwrap(),
            [
                ("GPU".to_owned(), amount(0.5)),
                ("MEM".to_owned(), amount(10.0))
            ]
        );
        assert_eq!(parse_resources("a=1,b=2").unwrap().len(), 2);
        assert!(parse_resources(" ").unwrap().is_empty());
        for text in ["GPU", "GPU=", "=2", "GPU=-1", "GPU=NaN", "GPU=x", "GPU=inf"] {
            assert!(
                parse_resources(text).unwrap_err().contains("GPU=2"),
                "{text}"
            );
        }
        assert!(
            parse_resources("GPU=1 GPU=2")
                .unwrap_err()
                .contains("twice")
        );
    }

    #[test]
    fn addresses_have_a_host_and_perhaps_a_port() {
        let parse = |text| HostPort::parse(text).unwrap();
        let expected = |host: &str, port| HostPort {
            host: host.into(),
            port,
        };
        assert_eq!(parse("node1:80"), expected("node1", Some(80)));
        assert_eq!(parse("tcp://node1:80/"), expected("node1", Some(80)));
        assert_eq!(parse("node1"), expected("node1", None));
        assert_eq!(parse("[::1]:80"), expected("::1", Some(80)));
        assert_eq!(parse("[::1]"), expected("::1", None));
        assert_eq!(parse("fe80::1%eth0"), expected("fe80::1%eth0", None));
        for text in [
            "", ":80", "a:b", "a:99999", "[::1", "[::1]80", "a b:1", "a/b:1",
        ] {
            assert!(HostPort::parse(text).is_err(), "{text}");
        }
        assert!(
            HostPort::parse_with_port("node1")
                .unwrap_err()
                .contains("node1:8786")
        );
    }

    #[test]
    fn addresses_and_times_are_shown_as_they_are_read() {
        for text in ["[::1]:80", "[::1]", "out:80", "out"] {
            assert_eq!(HostPort::parse(text).unwrap().to_string(), text);
        }
        for text in ["30 s", "1.5 s", "200 ms", "0 ms"] {
            assert_eq!(show_time(parse_time(text).unwrap()), text);
        }
    }

    #[test]
    fn counts_ports_switches_and_names_have_bounds() {
        assert_eq!(parse_count("8", 10).unwrap(), 8);
        assert!(parse_count("0", 10).is_err() && parse_count("11", 10).is_err());
        assert!(parse_port("65536").is_err() && parse_port("-1").is_err());
        assert_eq!(parse_small_count("3").unwrap(), 3);
        assert!(parse_switch("Yes").unwrap() && !parse_switch("0").unwrap());
        assert!(parse_switch("maybe").is_err());
        assert_eq!(parse_name("gpu-1").unwrap(), "gpu-1");
        assert!(parse_name("a\nb").is_err() && parse_name(&"x".repeat(513)).is_err());
        assert!(parse_name(" a").is_err());
    }
}
