//! What does this configuration mean? Text in, `Config` and diagnostics out.
