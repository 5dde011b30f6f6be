import { ControlError } from './control-error.ts'

const COLLECTIONS = [
  'secrets',
  'rotate',
  'faults',
  'batch',
  'accessKeys',
  'roles',
  'sessions',
  'oidcProviders',
  'clientKeys',
  'metadata',
  'parameters',
  'queues',
  'redeliver',
  'calls',
] as const

type Collection = (typeof COLLECTIONS)[number]

/** The target of a control request. */
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
 * Parses a path. Slashes in a name may be raw or encoded; a secret whose name ends in `/stages` needs that slash encoded.
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
