// httpx, a dependency of the KMS SDK, logs request headers with session tokens and signatures if DEBUG is set. It reads the
// variable when it is loaded, so a program imports this module first.
delete process.env['DEBUG']
