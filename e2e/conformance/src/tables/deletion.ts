import type { ScenarioTable } from '../scenario-table.ts'

/** What happens to a Secret whose ExternalSecret is deleted or renames it. */
export const DELETION = {
  title: 'When an ExternalSecret is deleted',
  about:
    'The operator adds no finalizers, so a deletion never waits for it. Kubernetes deletes a Secret with an ownerReference; the operator releases all other Secrets.',
  columns: { scenario: 'Scenario', becomes: 'The Secret' },
  named: ['scenario'],
  rows: {
    'gone-owner': {
      scenario: 'it is deleted',
      becomes: 'is deleted by Kubernetes because of the ownerReference; the operator writes nothing',
    },
    'gone-retain': {
      scenario: 'it is deleted, with `deletionPolicy: Retain`',
      becomes: 'stays unchanged, without an ownerReference; an annotation records its owner',
    },
    'again-retain': {
      scenario: 'it is created again, after `Retain`',
      becomes: 'is owned again: not written while it is up to date, updated when a value changes',
    },
    'gone-merge': {
      scenario: 'it is deleted, with `creationPolicy: Merge`',
      becomes: 'loses the managed keys, labels and annotations; the keys of others stay',
    },
    'gone-merge-created': {
      scenario: 'it is deleted, with `creationPolicy: Merge`, and has created the Secret',
      becomes: 'stays without the managed keys, because other controllers may rely on it',
    },
    'gone-merge-retain': {
      scenario: 'it is deleted, with `creationPolicy: Merge` and `deletionPolicy: Retain`',
      becomes: 'stays unchanged',
    },
    'moved-owner': {
      scenario: 'its `target.name` changes',
      becomes: 'of the former name is deleted once the new one exists',
    },
    'moved-retain': {
      scenario: 'its `target.name` changes, with `deletionPolicy: Retain`',
      becomes: 'of the former name stays and has no owner',
    },
    'moved-refused': {
      scenario:
        'its `target.name` becomes that of an unowned Secret, and it is annotated `alibabacloud.com/adopt: "true"`',
      becomes: 'is not adopted (`TargetConflict`), because the annotation counts once; the former Secret stays',
    },
    'gone-finalizer': {
      scenario: 'it is deleted and has the finalizer of the Go operator',
      becomes:
        'is deleted as usual; that finalizer is removed from the ExternalSecret, those of other controllers stay',
    },
  },
} as const satisfies ScenarioTable
