//! The stories an operator would tell, each in a laboratory of its own.

mod failover;
