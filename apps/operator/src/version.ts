import manifest from '../package.json' with { type: 'json' }

/** Version of the operator. */
export const VERSION = manifest.version
