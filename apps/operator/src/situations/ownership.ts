import type { SituationTable } from './situation-table.ts'

/** Whose Secret is it: what stands in the way, and what the policy makes of that. */
export const OWNERSHIP = {
  title: 'Whose Secret is it',
  about:
    'An ExternalSecret writes into a Secret that is its own, and takes nothing from other owners unless the spec asks for it. A Secret is its own when an ownerReference leads to it, or, with `deletionPolicy: Retain`, when an annotation names it. In the rows about the Go operator the ExternalSecret bears the finalizer of that operator, which is taken off.',
  columns: {
    existing: 'The Secret that is there',
    policy: '`creationPolicy`',
    becomes: 'What becomes of it',
    ready: 'Ready',
  },
  named: ['existing', 'policy'],
  rows: {
    'none-owner': {
      existing: 'none',
      policy: '`Owner`',
      becomes: 'is created with an ownerReference',
      ready: 'True `Synced`',
    },
    'none-adopt': {
      existing: 'none',
      policy: '`Adopt`',
      becomes: 'is created with an ownerReference',
      ready: 'True `Synced`',
    },
    'none-merge': {
      existing: 'none',
      policy: '`Merge`',
      becomes: 'is created without one: others may keep keys in it',
      ready: 'True `Synced`',
    },
    'ours-owner': {
      existing: 'its own',
      policy: '`Owner`',
      becomes: 'is updated; keys of others stay',
      ready: 'True `Synced`',
    },
    'ours-adopt': {
      existing: 'its own',
      policy: '`Adopt`',
      becomes: 'is updated; keys of others stay',
      ready: 'True `Synced`',
    },
    'ours-merge': {
      existing: 'its own',
      policy: '`Merge`',
      becomes: 'its keys are updated; keys of others stay',
      ready: 'True `Synced`',
    },
    'other-owner': {
      existing: 'another ExternalSecret’s',
      policy: '`Owner`',
      becomes: 'is not touched',
      ready: 'False `TargetConflict`, the other one named',
    },
    'other-adopt': {
      existing: 'another ExternalSecret’s',
      policy: '`Adopt`',
      becomes: 'is not touched',
      ready: 'False `TargetConflict`, the other one named',
    },
    'other-annotated': {
      existing: 'another ExternalSecret’s, annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Owner`',
      becomes: 'is not touched: only what is nobody’s can be given away',
      ready: 'False `TargetConflict`, the other one named',
    },
    'other-merge': {
      existing: 'another ExternalSecret’s, with other keys',
      policy: '`Merge`',
      becomes: 'holds the keys of both, each updated by its own',
      ready: 'True `Synced`',
    },
    'other-merge-same': {
      existing: 'another ExternalSecret’s, with the same key',
      policy: '`Merge`',
      becomes: 'is not touched',
      ready: 'False `TargetConflict`, the other one and the key named',
    },
    'unowned-owner': {
      existing: 'nobody’s',
      policy: '`Owner`',
      becomes: 'is not touched',
      ready: 'False `TargetConflict`, with the two ways to take it over',
    },
    'unowned-adopt': {
      existing: 'nobody’s',
      policy: '`Adopt`',
      becomes: 'is taken over by one write, with an event; its other keys stay',
      ready: 'True `Synced`',
    },
    'unowned-annotated': {
      existing: 'nobody’s, annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Owner`',
      becomes: 'is taken over by one write, with an event, and loses the annotation',
      ready: 'True `Synced`',
    },
    'unowned-merge': {
      existing: 'nobody’s, with other keys',
      policy: '`Merge`',
      becomes: 'gets the keys of the ExternalSecret, and no owner',
      ready: 'True `Synced`',
    },
    'unowned-merge-same': {
      existing: 'nobody’s, with the same key',
      policy: '`Merge`',
      becomes: 'is not touched',
      ready: 'False `TargetConflict`, the key named',
    },
    'unowned-merge-asked': {
      existing: 'nobody’s, with the same key, and the ExternalSecret is annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Merge`',
      becomes: 'that key is taken over; the others stay',
      ready: 'True `Synced`',
    },
    'upstream-owner': {
      existing: 'written by the Go operator',
      policy: '`Owner`',
      becomes: 'is not touched, as nobody’s',
      ready: 'False `TargetConflict`, with the two ways to take it over',
    },
    'upstream-adopt': {
      existing: 'written by the Go operator',
      policy: '`Adopt`',
      becomes: 'is taken over by one write, with an event; its labels and other keys stay',
      ready: 'True `Synced`',
    },
    'upstream-merge': {
      existing: 'written by the Go operator, with the same key',
      policy: '`Merge`',
      becomes: 'is not touched, as nobody’s',
      ready: 'False `TargetConflict`, the key named',
    },
    'upstream-resource': {
      existing: 'written by the Go operator, and the ExternalSecret is annotated, as `acksm migrate --adopt` does it',
      policy: '`Owner`',
      becomes: 'is taken over by one write, with an event; its labels stay',
      ready: 'True `Synced`',
    },
    'upstream-secret': {
      existing: 'written by the Go operator, refused, and then annotated itself',
      policy: '`Owner`',
      becomes: 'is taken over within seconds, with an event, and loses the annotation',
      ready: 'True `Synced`',
    },
  },
} as const satisfies SituationTable
