import type { ResourceState } from '../model/views/index.ts'

/** What the table of resources is sorted by. */
export const SORT_KEYS = ['state', 'name', 'store', 'secret', 'since', 'changed', 'rotation'] as const
export type SortKey = (typeof SORT_KEYS)[number]

const STATES: readonly ResourceState[] = ['failing', 'degraded', 'pending', 'suspended', 'ready']

/** What the table of resources shows; all of it is in the URL. Empty texts and lists mean no filter. */
export interface ResourceQuery {
  /** Words; each must occur in a text of the row. */
  readonly text: string
  readonly states: readonly ResourceState[]
  readonly namespace: string
  readonly reason: string
  /** Id of a store. */
  readonly store: string
  /** Name of a ClusterExternalSecret. */
  readonly createdBy: string
  readonly sort: SortKey
  readonly isDescending: boolean
}

export const ALL_RESOURCES: ResourceQuery = {
  text: '',
  states: [],
  namespace: '',
  reason: '',
  store: '',
  createdBy: '',
  sort: 'state',
  isDescending: false,
}

/** The fragment of the first page. */
const OVERVIEW = '#/'

/** A page. */
export type Route =
  /** Ids of the causes that are open; undefined: the first one. */
  | { readonly page: 'overview'; readonly causes: readonly string[] | undefined }
  | { readonly page: 'resources'; readonly query: ResourceQuery }
  | { readonly page: 'resource'; readonly namespace: string; readonly name: string }
  | { readonly page: 'stores'; readonly text: string }
  /** An empty namespace is a ClusterSecretStore. */
  | { readonly page: 'store'; readonly namespace: string; readonly name: string }
  | { readonly page: 'clusterExternalSecrets'; readonly text: string }
  | { readonly page: 'clusterExternalSecret'; readonly name: string }
  | { readonly page: 'pushSecrets'; readonly text: string }
  | { readonly page: 'pushSecret'; readonly namespace: string; readonly name: string }
  | { readonly page: 'access' }
  | { readonly page: 'unknown' }

/** The page of a fragment of the URL, such as `#/resources?q=shop`. Unknown parameters are ignored. */
export function parseRoute(fragment: string): Route {
  const [path = '', search = ''] = split(fragment.replace(/^#?\/?/, ''))
  const parameters = new URLSearchParams(search)
  const [page = '', ...names] = path.split('/').map(decoded)
  const [first = '', second = ''] = names
  if (names.length === 0) {
    if (page === '') return { page: 'overview', causes: parseList(parameters.get('cause')) }
    if (page === 'resources') return { page, query: parseQuery(parameters) }
    if (page === 'stores') return { page, text: parameters.get('q') ?? '' }
    if (page === 'clusterexternalsecrets') return { page: 'clusterExternalSecrets', text: parameters.get('q') ?? '' }
    if (page === 'pushsecrets') return { page: 'pushSecrets', text: parameters.get('q') ?? '' }
    if (page === 'access') return { page }
  } else if (first !== '' && names.length === 1) {
    if (page === 'clustersecretstores') return { page: 'store', namespace: '', name: first }
    if (page === 'clusterexternalsecrets') return { page: 'clusterExternalSecret', name: first }
  } else if (first !== '' && second !== '' && names.length === 2) {
    if (page === 'resources') return { page: 'resource', namespace: first, name: second }
    if (page === 'secretstores') return { page: 'store', namespace: first, name: second }
    if (page === 'pushsecrets') return { page: 'pushSecret', namespace: first, name: second }
  }
  return { page: 'unknown' }
}

/** The fragment of a page; the inverse of {@link parseRoute}. */
export function formatRoute(route: Route): string {
  switch (route.page) {
    case 'overview':
      return route.causes === undefined
        ? OVERVIEW
        : `${OVERVIEW}?cause=${route.causes.map(encodeURIComponent).join(',')}`
    case 'unknown':
      return OVERVIEW
    case 'resources':
      return withSearch('#/resources', formatQuery(route.query))
    case 'resource':
      return `#/resources/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}`
    case 'stores':
      return withText('#/stores', route.text)
    case 'store':
      return route.namespace === ''
        ? `#/clustersecretstores/${encodeURIComponent(route.name)}`
        : `#/secretstores/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}`
    case 'clusterExternalSecrets':
      return withText('#/clusterexternalsecrets', route.text)
    case 'clusterExternalSecret':
      return `#/clusterexternalsecrets/${encodeURIComponent(route.name)}`
    case 'pushSecrets':
      return withText('#/pushsecrets', route.text)
    case 'pushSecret':
      return `#/pushsecrets/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}`
    case 'access':
      return '#/access'
  }
}

/** The fragment of the table with these filters. */
export function resourcesHref(query: Partial<ResourceQuery>): string {
  return formatRoute({ page: 'resources', query: { ...ALL_RESOURCES, ...query } })
}

/** The fragment of a resource by its key, `namespace/name`. */
export function resourceHref(key: string): string {
  const slash = key.indexOf('/')
  return formatRoute({ page: 'resource', namespace: key.slice(0, slash), name: key.slice(slash + 1) })
}

/** The fragment of a PushSecret by its id, `PushSecret namespace/name`. */
export function pushSecretHref(id: string): string {
  const ref = id.slice(id.indexOf(' ') + 1)
  const slash = ref.indexOf('/')
  return formatRoute({ page: 'pushSecret', namespace: ref.slice(0, slash), name: ref.slice(slash + 1) })
}

/** The fragment of a store by its id, `SecretStore namespace/name` or `ClusterSecretStore name`. */
export function storeHref(id: string): string {
  const ref = id.slice(id.indexOf(' ') + 1)
  const slash = id.startsWith('ClusterSecretStore ') ? -1 : ref.indexOf('/')
  return formatRoute({ page: 'store', namespace: slash < 0 ? '' : ref.slice(0, slash), name: ref.slice(slash + 1) })
}

function parseQuery(parameters: URLSearchParams): ResourceQuery {
  const sort = parameters.get('sort') ?? ''
  const isDescending = sort.startsWith('-')
  const key = SORT_KEYS.find((each) => each === sort.replace(/^-/, ''))
  const states = new Set((parameters.get('state') ?? '').split(','))
  return {
    text: parameters.get('q') ?? '',
    states: STATES.filter((state) => states.has(state)),
    namespace: parameters.get('namespace') ?? '',
    reason: parameters.get('reason') ?? '',
    store: parameters.get('store') ?? '',
    createdBy: parameters.get('by') ?? '',
    sort: key ?? ALL_RESOURCES.sort,
    isDescending: key !== undefined && isDescending,
  }
}

function formatQuery(query: ResourceQuery): URLSearchParams {
  const parameters = new URLSearchParams()
  const set = (name: string, value: string) => {
    if (value !== '') parameters.set(name, value)
  }
  set('q', query.text)
  set('state', query.states.join(','))
  set('namespace', query.namespace)
  set('reason', query.reason)
  set('store', query.store)
  set('by', query.createdBy)
  if (query.sort !== ALL_RESOURCES.sort || query.isDescending)
    set('sort', `${query.isDescending ? '-' : ''}${query.sort}`)
  return parameters
}

function parseList(text: string | null): readonly string[] | undefined {
  return text === null ? undefined : text.split(',').filter((each) => each !== '')
}

function split(text: string): readonly string[] {
  const mark = text.indexOf('?')
  return mark < 0 ? [text] : [text.slice(0, mark), text.slice(mark + 1)]
}

function withText(path: string, text: string): string {
  return withSearch(path, new URLSearchParams(text === '' ? {} : { q: text }))
}

function withSearch(path: string, parameters: URLSearchParams): string {
  const search = parameters.toString()
  return search === '' ? path : `${path}?${search}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A malformed escape is text, and names no resource.
    return part
  }
}
