// httpx, a dependency of the KMS SDK, logs request headers with session tokens if DEBUG is set. It reads the variable on
// import, so this module must be imported first.
delete process.env['DEBUG']
