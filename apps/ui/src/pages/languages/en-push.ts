const numbers = new Intl.NumberFormat('en')
const n = (number: number) => numbers.format(number)
const count = (number: number, one: string, many = `${one}s`) => `${n(number)} ${number === 1 ? one : many}`

/** Texts about PushSecrets. */
export const enPush = {
  title: 'PushSecrets',
  noneTitle: 'No PushSecrets',
  noneText: 'A PushSecret writes keys of a Secret to KMS. The operator processes them with --process-push-secret.',
  permission:
    'Ask for read permission. With the chart value command.processPushSecret, the ClusterRole view includes it.',
  filter: 'Filter by name, Secret, store, reason, message',
  pushed: 'Pushed',
  kmsSecrets: (number: number) => count(number, 'KMS secret'),
  failed: (number: number) => `${n(number)} failed`,
  summary: (total: number, notReady: number) =>
    notReady === 0 ? `${n(total)} Ready` : `${n(notReady)} of ${n(total)} not Ready`,
  others: (number: number) => `and ${n(number)} more`,
  moreProblems: (number: number) => `${count(number, 'more cause')} not shown.`,
  all: 'All PushSecrets',
  graph: 'From the Secret to KMS',
  graphLabel: 'Path of the values from the Secret to KMS',
  source: 'What is pushed',
  noSource: 'The spec is invalid, so what it pushes is unknown.',
  sourceStates: {
    present: 'Present',
    missing: 'Missing',
    loading: 'Loading',
    forbidden: 'Not visible to you',
    disconnected: 'Unknown',
  },
  selected: 'Selected keys',
  allKeys: 'all keys',
  entry: 'KMS secret',
  key: 'Key',
  document: 'all selected keys, as one JSON object',
  stages: 'Stages',
  update: 'Update policy',
  deletion: 'Deletion policy',
  recovery: (days: number) => `can be restored for ${count(days, 'day')}`,
  interval: 'Compared every',
  defaultInterval: '1h (default)',
  targets: 'KMS secrets',
  noTargets: 'The operator has recorded no KMS secret yet.',
  states: { Pending: 'Pending', Pushed: 'Pushed', Kept: 'Left as it was', Failed: 'Failed', Deleting: 'Being deleted' },
  version: 'Version',
  store: 'Store',
  lastPush: 'Last push',
  shownAbove: 'Its message is at the top of the page.',
  more: (number: number) => `Show all ${n(number)}`,
  less: 'Show fewer',
  purposes: {
    tree: 'From the Secret to KMS, in the terminal',
    explain: 'What its reason means',
    yaml: 'The whole resource',
  },
}
