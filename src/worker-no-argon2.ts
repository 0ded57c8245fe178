/** Stands in for `@node-rs/argon2` in the Worker's bundle (wrangler.toml): loading it fails, as native code would. */
throw new Error('@node-rs/argon2 is native code and cannot be loaded in a Worker');
