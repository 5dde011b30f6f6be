// httpx, below the SDK of KMS, prints the headers of its requests where this is set: session tokens and signatures. It looks
// once, when it is loaded, so this comes first.
delete process.env['DEBUG']
