import type { ScenarioTable } from '../scenario-table.ts'

/** What happens to an existing Secret, by owner and creation policy. */
export const OWNERSHIP = {
  title: 'Ownership of an existing Secret',
  about:
    'An ExternalSecret writes to a Secret that it owns, and takes nothing from other owners unless the spec asks for it. It owns a Secret through an ownerReference or, with `deletionPolicy: Retain`, through an annotation. In the rows about the Go operator the ExternalSecret has the finalizer of that operator, which is removed.',
  columns: {
    existing: 'Existing Secret',
    policy: '`creationPolicy`',
    becomes: 'What happens to it',
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
      becomes: 'is created without an ownerReference, because other writers may add keys',
      ready: 'True `Synced`',
    },
    'ours-owner': {
      existing: 'owned by the ExternalSecret',
      policy: '`Owner`',
      becomes: 'is updated; keys of others stay',
      ready: 'True `Synced`',
    },
    'ours-adopt': {
      existing: 'owned by the ExternalSecret',
      policy: '`Adopt`',
      becomes: 'is updated; keys of others stay',
      ready: 'True `Synced`',
    },
    'ours-merge': {
      existing: 'owned by the ExternalSecret',
      policy: '`Merge`',
      becomes: 'its keys are updated; keys of others stay',
      ready: 'True `Synced`',
    },
    'other-owner': {
      existing: 'owned by another ExternalSecret',
      policy: '`Owner`',
      becomes: 'is not changed',
      ready: 'False `TargetConflict`, with the name of the other one',
    },
    'other-adopt': {
      existing: 'owned by another ExternalSecret',
      policy: '`Adopt`',
      becomes: 'is not changed',
      ready: 'False `TargetConflict`, with the name of the other one',
    },
    'other-annotated': {
      existing: 'owned by another ExternalSecret, annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Owner`',
      becomes: 'is not changed: only an unowned Secret can be adopted',
      ready: 'False `TargetConflict`, with the name of the other one',
    },
    'other-merge': {
      existing: 'owned by another ExternalSecret, with other keys',
      policy: '`Merge`',
      becomes: 'holds the keys of both; each ExternalSecret updates its own keys',
      ready: 'True `Synced`',
    },
    'other-merge-same': {
      existing: 'owned by another ExternalSecret, with the same key',
      policy: '`Merge`',
      becomes: 'is not changed',
      ready: 'False `TargetConflict`, with the other one and the key',
    },
    'former-owner': {
      existing: 'retained from a deleted ExternalSecret',
      policy: '`Owner`',
      becomes: 'is not changed',
      ready: 'False `TargetConflict`, with the name of the deleted one and the two ways to adopt it',
    },
    'former-adopt': {
      existing: 'retained from a deleted ExternalSecret',
      policy: '`Adopt`',
      becomes: 'is adopted by one write, with an event; its other keys and its generated values stay',
      ready: 'True `Synced`',
    },
    'former-annotated': {
      existing:
        'retained from a deleted ExternalSecret, refused, then the new one is annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Owner`',
      becomes: 'is adopted within seconds, with an event; its other keys and its generated values stay',
      ready: 'True `Synced`',
    },
    'unowned-owner': {
      existing: 'unowned',
      policy: '`Owner`',
      becomes: 'is not changed',
      ready: 'False `TargetConflict`, with the two ways to adopt it',
    },
    'unowned-adopt': {
      existing: 'unowned',
      policy: '`Adopt`',
      becomes: 'is adopted by one write, with an event; its other keys stay',
      ready: 'True `Synced`',
    },
    'unowned-annotated': {
      existing: 'unowned, annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Owner`',
      becomes: 'is adopted by one write, with an event, and loses the annotation',
      ready: 'True `Synced`',
    },
    'unowned-merge': {
      existing: 'unowned, with other keys',
      policy: '`Merge`',
      becomes: 'gets the keys of the ExternalSecret and no ownerReference',
      ready: 'True `Synced`',
    },
    'unowned-merge-same': {
      existing: 'unowned, with the same key',
      policy: '`Merge`',
      becomes: 'is not changed',
      ready: 'False `TargetConflict`, with the key',
    },
    'unowned-merge-asked': {
      existing: 'unowned, with the same key, and the ExternalSecret is annotated `alibabacloud.com/adopt: "true"`',
      policy: '`Merge`',
      becomes: 'that key is adopted; the others stay',
      ready: 'True `Synced`',
    },
    'upstream-owner': {
      existing: 'written by the Go operator',
      policy: '`Owner`',
      becomes: 'is not changed, like an unowned Secret',
      ready: 'False `TargetConflict`, with the two ways to adopt it',
    },
    'upstream-adopt': {
      existing: 'written by the Go operator',
      policy: '`Adopt`',
      becomes: 'is adopted by one write, with an event; its labels and other keys stay',
      ready: 'True `Synced`',
    },
    'upstream-merge': {
      existing: 'written by the Go operator, with the same key',
      policy: '`Merge`',
      becomes: 'is not changed, like an unowned Secret',
      ready: 'False `TargetConflict`, with the key',
    },
    'upstream-resource': {
      existing: 'written by the Go operator, and the ExternalSecret is annotated, as by `acksm migrate --adopt`',
      policy: '`Owner`',
      becomes: 'is adopted by one write, with an event; its labels stay',
      ready: 'True `Synced`',
    },
    'upstream-secret': {
      existing: 'written by the Go operator, refused, then the Secret is annotated',
      policy: '`Owner`',
      becomes: 'is adopted within seconds, with an event, and loses the annotation',
      ready: 'True `Synced`',
    },
  },
} as const satisfies ScenarioTable
