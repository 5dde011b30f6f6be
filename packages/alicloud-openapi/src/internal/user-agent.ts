import about from '../../package.json' with { type: 'json' }

/** Value of the `User-Agent` header. */
export const USER_AGENT = `ack-secret-manager/${about.version}`
