import about from '../../package.json' with { type: 'json' }

/** Default user agent. The API server uses the part before the slash as the default field manager. */
export const USER_AGENT = `ack-secret-manager/${about.version}`
