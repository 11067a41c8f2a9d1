//! Users and groups by number.

/// keepalived's account for scripts, used when nothing is configured and it exists.
const DEFAULT_USER: &str = "keepalived_script";

/// The numbers of `user` and `group`; of the user's own group if none is named.
///
/// Without a user it is `keepalived_script` if there is one, else root. `None` if a named account does not exist.
#[must_use]
pub fn resolve(user: Option<&str>, group: Option<&str>) -> Option<(u32, u32)> {
    let user = match user {
        Some(name) => uzers::get_user_by_name(name)?,
        None => uzers::get_user_by_name(DEFAULT_USER).or_else(|| uzers::get_user_by_uid(0))?,
    };
    let group = match group {
        Some(name) => uzers::get_group_by_name(name)?.gid(),
        None => user.primary_group_id(),
    };
    Some((user.uid(), group))
}

/// The number of a group, if there is one of this name.
#[must_use]
pub fn group(name: &str) -> Option<u32> {
    uzers::get_group_by_name(name).map(|group| group.gid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_nought() {
        assert_eq!(resolve(Some("root"), None), Some((0, 0)));
        assert_eq!(resolve(Some("nobody-of-that-name"), None), None);
        assert_eq!(resolve(Some("root"), Some("no-group-of-that-name")), None);
    }
}
