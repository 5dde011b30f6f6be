/** Verb of a request, as in the metrics and the audit log of the API server. */
export type KubeVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** HTTP methods that the API server accepts. */
export type KubeMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a request acts on. */
export interface RequestInfo {
  readonly verb: KubeVerb
  /** Plural with subresource: `secrets`, `externalsecrets/status`. The first segment of a non-resource path: `version`. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

const VERBS = { POST: 'create', PUT: 'update', PATCH: 'patch' } as const

/** Parses a path as the API server does: `/api/v1/…` or `/apis/GROUP/VERSION/…`, then `[namespaces/NS/]PLURAL[/NAME[/SUB]]`. */
export function requestInfo(method: KubeMethod, path: string, isWatch = false): RequestInfo {
  const segments = path.split('/').filter((segment) => segment !== '')
  const rest = segments[0] === 'api' ? segments.slice(2) : segments[0] === 'apis' ? segments.slice(3) : []
  if (rest.length === 0) {
    const verb = method === 'GET' ? 'get' : method === 'DELETE' ? 'delete' : VERBS[method]
    return { verb, resource: segments[0] ?? '', namespace: undefined, name: undefined }
  }
  // `/api/v1/namespaces/NS` and its subresources are about the Namespace object.
  const own = rest[2] === 'status' || rest[2] === 'finalize'
  const namespaced = rest[0] === 'namespaces' && rest.length > 2 && !own
  const [plural = '', name, subresource] = namespaced ? rest.slice(2) : rest
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`
  return { verb: verbOf(method, name, isWatch), resource, namespace: namespaced ? rest[1] : undefined, name }
}

function verbOf(method: KubeMethod, name: string | undefined, isWatch: boolean): KubeVerb {
  if (method === 'GET') return isWatch ? 'watch' : name === undefined ? 'list' : 'get'
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete'
  return VERBS[method]
}

/** The path of a collection inside one namespace: `/apis/G/V/things` → `/apis/G/V/namespaces/NS/things`. */
export function inNamespace(collectionPath: string, namespace: string): string {
  const cut = collectionPath.lastIndexOf('/')
  return `${collectionPath.slice(0, cut)}/namespaces/${encodeURIComponent(namespace)}${collectionPath.slice(cut)}`
}

/** Decodes a part of a path. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // The API server rejects such a path.
    return text
  }
}
