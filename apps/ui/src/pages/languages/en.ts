import { enDetails } from './en-details.ts'
import { enGenerated } from './en-generated.ts'
import { enPush } from './en-push.ts'

const numbers = new Intl.NumberFormat('en')
const n = (number: number) => numbers.format(number)
/** `1 key`, `3 keys`. */
const count = (number: number, one: string, many = `${one}s`) => `${n(number)} ${number === 1 ? one : many}`

/** English. The other languages have the same keys. */
export const en = {
  ...enDetails,
  generated: enGenerated,
  push: enPush,
  locale: 'en-GB',
  otherLanguage: '中文',
  number: n,
  skip: 'Skip to content',
  home: 'acksm: overview',
  loading: 'Loading',
  nav: {
    label: 'Pages',
    overview: 'Overview',
    resources: 'Resources',
    stores: 'Stores',
    cluster: 'Cluster-wide',
    push: 'Push',
    access: 'Connection and access',
  },
  theme: {
    system: 'Theme: system',
    light: 'Theme: light',
    dark: 'Theme: dark',
  },
  states: {
    ready: 'Ready',
    degraded: 'Degraded',
    failing: 'Failing',
    pending: 'Pending',
    suspended: 'Suspended',
    notReady: 'not Ready',
  },
  storeStates: { ready: 'Ready', unreachable: 'Unreachable', failing: 'Failing', pending: 'Pending' },
  duration: {
    second: (number: number) => `${number} s`,
    minute: (number: number) => `${number} min`,
    hour: (number: number) => `${number} h`,
    day: (number: number) => `${number} d`,
  },
  time: {
    plain: (duration: string) => duration,
    ago: (duration: string) => `${duration} ago`,
    since: (duration: string) => `for ${duration}`,
    /** Of the condition: its reason may be newer. */
    notReady: (duration: string) => `not Ready for ${duration}`,
    in: (duration: string) => `in ${duration}`,
    overdue: (duration: string) => `${duration} overdue`,
  },
  overview: {
    allReady: (ready: number, suspended: number) => {
      if (suspended > 0) return `${n(ready)} Ready, ${n(suspended)} suspended`
      return ready === 1 ? 'The only resource is Ready' : `All ${n(ready)} resources are Ready`
    },
    notReady: (number: number, { total, suspended }: { readonly total: number; readonly suspended: number }) =>
      suspended === 0
        ? `${n(number)} of ${count(total, 'resource')} ${number === 1 ? 'is' : 'are'} not Ready`
        : `${n(number)} of ${count(total, 'resource')} not Ready, ${n(suspended)} suspended`,
    causes: 'What is wrong',
    goneCause: 'The cause of this link is gone. What is wrong now:',
    moreCauses: (causes: number, resources: number) =>
      `${count(causes, 'more cause')} with ${count(resources, 'resource')} ${causes === 1 ? 'is' : 'are'} not shown. Use the table of resources.`,
    storeProblems: 'Stores that do not work',
    moreStoreProblems: (causes: number) =>
      `${count(causes, 'more cause')} ${causes === 1 ? 'is' : 'are'} not shown. Use the table of stores.`,
    noneInTitle: (namespace: string) => `No ExternalSecrets in namespace ${namespace}`,
    noneInText:
      'The namespace has none, or its name is wrong. The first command shows all namespaces. The second one asks a few questions and prints a first ExternalSecret:',
    noneTitle: 'No ExternalSecrets yet',
    noneText:
      'An ExternalSecret names secrets of KMS and the Secret to write. This command asks a few questions and prints a first one:',
  },
  cause: {
    count: (number: number, total: number) => `${n(number)} of ${count(total, 'resource')}`,
    lastGood: 'Last response',
    resources: 'Resources',
    all: (number: number) => `All ${count(number, 'resource')}`,
    store: 'Open',
    usedBy: 'Used by',
  },
  changes: {
    title: 'Changes of the last hour',
    none: 'Nothing changed in the last hour.',
    all: (number: number) => `Show the latest ${n(number)}`,
    less: 'Show fewer',
    kinds: {
      written: 'Secret written',
      ready: 'became Ready',
      'not-ready': 'became not Ready; now:',
      suspended: 'became not Ready; now:',
      created: 'created',
      restarted: 'restarted',
    },
  },
  rotations: {
    title: 'Scheduled rotations',
    caption: 'Number of rotations in the next five weeks',
    none: 'No rotation is scheduled for any of these secrets and generated keys.',
    day: (date: string, number: number) => `${date}: ${count(number, 'rotation')}`,
    all: (number: number) => `All ${count(number, 'rotation')}`,
    less: 'Show fewer',
    more: (number: number) => `${count(number, 'more rotation')} not shown.`,
    others: (number: number) => `and ${n(number)} more`,
    automatic: 'automatic',
    manual: 'manual',
    password: 'generated password',
    token: 'renewal of a token',
  },
  operator: {
    title: 'Operator',
    states: { running: 'Running', stopped: 'Not running', unknown: 'Unknown' },
    namespace: 'Namespace',
    supposed: '(by its labels)',
    unconfirmable: '(by its labels; ClusterRoleBindings cannot be read)',
    version: 'Version',
    replicas: 'Replicas',
    ready: (ready: number, wanted: number) => `${n(ready)} of ${n(wanted)} ready`,
    leader: 'Leader',
    leads: 'Leader',
    noLeader: 'None. Lease last renewed',
    hidden: 'You may not list its Pods.',
    restarts: (number: number) => count(number, 'restart'),
  },
  kms: {
    title: 'KMS',
    loading: 'Reading the metrics of the operator …',
    unknown: 'No metrics',
    reads: 'Reads',
    errors: 'Errors',
    sources: 'Sources',
    oldest: 'Oldest value',
    gathering: 'The chart begins with the next samples.',
    readsPerMinute: 'Reads per minute',
    errorsPerMinute: 'Errors per minute',
    most: (number: string) => `Highest: ${number}`,
    chart: (highest: string, reads: string, errors: string) =>
      `Reads of KMS per minute: now ${reads}, with ${errors} errors; at most ${highest} in the last hour`,
    from: 'Since the start of Pod',
  },
  table: {
    count: (shown: number, total: number) => (shown === total ? n(total) : `${n(shown)} of ${n(total)}`),
    noMatch: 'Nothing matches these filters.',
    keys: 'Arrow keys choose a row, Enter opens it',
  },
  filter: {
    label: 'Filter',
    text: 'Filter by name, reason, store, message',
    key: 'Press / to filter',
    namespace: 'Namespace',
    reason: 'Reason',
    sort: 'Sort by',
    all: 'All',
    clear: 'Clear filters',
    remove: (value: string) => `Remove filter ${value}`,
  },
  columns: {
    state: 'State',
    name: 'Name',
    reason: 'Reason',
    store: 'Store',
    secret: 'Secret',
    since: 'Since',
    changed: 'Written',
    rotation: 'Next rotation',
    identity: 'Identity',
    endpoint: 'Endpoint',
    users: 'Used by',
    namespaces: 'Namespaces',
  },
  row: {
    deleting: 'being deleted',
    refreshing: 'refresh requested',
    outdated: 'change not handled yet',
    keys: (number: number) => count(number, 'key'),
    moreStores: (number: number) => `and ${count(number, 'more store')}`,
    resources: (number: number) => count(number, 'resource'),
    notReady: (number: number) => `${n(number)} not Ready`,
    namespaces: (number: number) => count(number, 'namespace'),
    failed: (number: number) => `${n(number)} failed`,
  },
}
