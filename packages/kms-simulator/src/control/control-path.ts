import { ControlError } from './control-error.ts'

const COLLECTIONS = [
  'secrets',
  'rotate',
  'faults',
  'accessKeys',
  'roles',
  'sessions',
  'oidcProviders',
  'clientKeys',
  'metadata',
  'parameters',
  'calls',
] as const

type Collection = (typeof COLLECTIONS)[number]

/** What a request of the control port is about. */
export interface ControlTarget {
  readonly collection: Collection | 'stages'
  /** Name or id of one member; empty for the collection as a whole. */
  readonly name: string
}

const STAGES = '/stages'

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ControlError(400, 'the path is not well encoded')
  }
}

/**
 * Reads a path. Slashes of a name may be raw or encoded; a secret whose name ends in `/stages` is reached
 * with that slash encoded.
 * @throws ControlError 404 for a path that means nothing
 */
export function parseControlPath(path: string): ControlTarget {
  const [, first = '', rest = ''] = /^\/([^/]*)(?:\/(.*))?$/.exec(path) ?? []
  const collection = COLLECTIONS.find((known) => known === first)
  if (collection === undefined) {
    throw new ControlError(404, `no such path; there are ${COLLECTIONS.map((known) => `/${known}`).join(', ')}`)
  }
  if (collection === 'secrets' && rest.endsWith(STAGES)) {
    return { collection: 'stages', name: decode(rest.slice(0, -STAGES.length)) }
  }
  return { collection, name: decode(rest) }
}
