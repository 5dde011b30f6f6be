import { ControlError } from './control-error.ts'

/** What a request of the control port is about. */
export interface ControlTarget {
  readonly collection: 'secrets' | 'stages' | 'rotate' | 'faults' | 'accessKeys' | 'calls'
  /** Name of the secret or id of the key; empty for the collection as a whole. */
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
  const [, collection = '', rest = ''] = /^\/([^/]*)(?:\/(.*))?$/.exec(path) ?? []
  switch (collection) {
    case 'secrets':
      return rest.endsWith(STAGES)
        ? { collection: 'stages', name: decode(rest.slice(0, -STAGES.length)) }
        : { collection, name: decode(rest) }
    case 'rotate':
    case 'accessKeys':
    case 'faults':
    case 'calls':
      return { collection, name: decode(rest) }
    default:
      throw new ControlError(404, `no such path; there are /secrets, /rotate, /faults, /accessKeys and /calls`)
  }
}
