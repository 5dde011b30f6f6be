import about from '../../package.json' with { type: 'json' }

/** What we call ourselves; the part before the slash is also the API server's default for the field manager. */
export const USER_AGENT = `ack-secret-manager/${about.version}`
