/** The variables that this process was started with, for programs that it starts. */
export const startEnvironment: Readonly<Record<string, string | undefined>> = { ...process.env }

// httpx, a dependency of the KMS SDK, logs request headers with session tokens and signatures if DEBUG is set. It reads the
// variable when it is loaded, so a program imports this module first.
delete process.env['DEBUG']
