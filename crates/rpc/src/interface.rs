//! Network interfaces by name.

use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address of an interface, IPv4 if it has one; else the names of those that have addresses.
pub(crate) fn address(name: &str) -> Result<IpAddr, Vec<String>> {
    let all = addresses();
    let of_name = || all.iter().filter(|(of, _)| of == name).map(|&(_, ip)| ip);
    if let Some(ip) = of_name().find(IpAddr::is_ipv4).or_else(|| of_name().next()) {
        return Ok(ip);
    }
    let mut names: Vec<String> = all.into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    Err(names)
}

/// Every address of every interface; none if the system does not say.
fn addresses() -> Vec<(String, IpAddr)> {
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: the call writes the head of a list that it allocates, or fails.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut next = list;
    while !next.is_null() {
        // SAFETY: `next` is a node of the list, which lives until `freeifaddrs` below.
        let node = unsafe { &*next };
        next = node.ifa_next;
        if node.ifa_addr.is_null() || node.ifa_name.is_null() {
            continue;
        }
        // SAFETY: a node's name is a C string, and its address begins with the family, which says
        // how long the rest is.
        let (name, ip) = unsafe {
            let name = CStr::from_ptr(node.ifa_name).to_string_lossy().into_owned();
            let ip: Option<IpAddr> = match i32::from((*node.ifa_addr).sa_family) {
                libc::AF_INET => {
                    let address = &*node.ifa_addr.cast::<libc::sockaddr_in>();
                    Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into())
                }
                libc::AF_INET6 => {
                    let address = &*node.ifa_addr.cast::<libc::sockaddr_in6>();
                    Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
                }
                _ => None,
            };
            (name, ip)
        };
        found.extend(ip.map(|ip| (name, ip)));
    }
    // SAFETY: the list came from `getifaddrs` and nothing refers to it any more.
    unsafe { libc::freeifaddrs(list) };
    found
}
