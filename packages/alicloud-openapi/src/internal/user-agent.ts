import about from '../../package.json' with { type: 'json' }

/** What we call ourselves. */
export const USER_AGENT = `ack-secret-manager/${about.version}`
