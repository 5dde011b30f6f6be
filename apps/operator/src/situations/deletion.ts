import type { SituationTable } from './situation-table.ts'

/** What becomes of a Secret that nobody wants any more. */
export const DELETION = {
  title: 'When an ExternalSecret goes',
  about:
    'The operator puts no finalizer on anything: what is deleted is gone, whether the operator runs or not. A Secret with an ownerReference is deleted by Kubernetes itself; the operator gives up what it holds otherwise.',
  columns: { situation: 'Situation', becomes: 'The Secret' },
  named: ['situation'],
  rows: {
    'gone-owner': {
      situation: 'it is deleted',
      becomes: 'is deleted by Kubernetes, which follows the ownerReference; the operator writes nothing',
    },
    'gone-retain': {
      situation: 'it is deleted, with `deletionPolicy: Retain`',
      becomes: 'stays as it is, without an ownerReference, and remembers whose it is',
    },
    'again-retain': {
      situation: 'it is created again, after `Retain`',
      becomes: 'is its own again: not written where it is up to date, updated when a value changes',
    },
    'gone-merge': {
      situation: 'it is deleted, with `creationPolicy: Merge`',
      becomes: 'loses its keys and our marks; the keys of others stay',
    },
    'gone-merge-created': {
      situation: 'it is deleted, with `creationPolicy: Merge`, and has created the Secret',
      becomes: 'stays, without keys: others may have come to rely on it',
    },
    'gone-merge-retain': {
      situation: 'it is deleted, with `creationPolicy: Merge` and `deletionPolicy: Retain`',
      becomes: 'stays as it is',
    },
    'moved-owner': {
      situation: 'its `target.name` changes',
      becomes: 'of the former name is deleted, once the new one is there',
    },
    'moved-retain': {
      situation: 'its `target.name` changes, with `deletionPolicy: Retain`',
      becomes: 'of the former name stays and is nobody’s',
    },
    'moved-refused': {
      situation:
        'its `target.name` becomes that of a Secret that is nobody’s, and it is annotated `alibabacloud.com/adopt: "true"`',
      becomes: 'is not taken over (`TargetConflict`), as the annotation counts once; the former one stays',
    },
    'gone-finalizer': {
      situation: 'it is deleted and bears the finalizer of the Go operator',
      becomes: 'goes as ever: the finalizer is taken off the ExternalSecret, those of others stay',
    },
  },
} as const satisfies SituationTable
