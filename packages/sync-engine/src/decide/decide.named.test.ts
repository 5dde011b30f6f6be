import { recordMetadata } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { decide } from './decide.ts'
import { desiredOf, observedOf, POLICY, recordOf } from '../testing/fixtures.ts'

// Lines of a template within a value: the text before a `=` is part of the value.
const TEMPLATE = 'ConfigMap default/tpl[app.env]'
const merge = { ...POLICY, creation: 'Merge' } as const
const labels = new Map([['labels/hunter2', 'x']] as const)
const key = desiredOf({ hunter2: '1' }, { namedBy: new Map([['hunter2', TEMPLATE]]) })
const label = desiredOf({ a: '1' }, { metadata: labels, namedBy: new Map([['labels/hunter2', TEMPLATE]]) })
const metadata = recordMetadata(labels)
const others = { controller: undefined, records: new Map() }

it.each([
  [
    'key',
    'another ExternalSecret, other, owns a key',
    key,
    { records: new Map([['other', recordOf({ hunter2: '3' })]]) },
  ],
  [
    'label',
    'another ExternalSecret, other, sets a label',
    label,
    { records: new Map([['other', recordOf({}, metadata && { metadata })]]) },
  ],
  ['key', 'another user or controller set a key', key, { foreignKeys: new Set(['hunter2']) }],
  ['label', 'another user or controller set a label', label, { foreignMetadata: new Set(['labels/hunter2'] as const) }],
])(
  'a refused %s whose name may be part of a value is described by its template: %s',
  (_what, message, desired, facts) => {
    const action = decide(desired, { secret: observedOf({}, { ...others, ...facts }), inspected: true }, merge)
    expect(action).toMatchObject({ kind: 'refuse', error: { code: 'TargetConflict' } })
    expect(action).toHaveProperty('error.message', expect.stringContaining(`${message} that ${TEMPLATE} produces; `))
    expect(action).not.toHaveProperty('error.message', expect.stringContaining('hunter2'))
  },
)
