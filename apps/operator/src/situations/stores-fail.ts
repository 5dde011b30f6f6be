import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** A store, or the identity that it names, is of no use. */
export const STORES_FAIL = {
  ...WHAT_HAPPENS,
  title: 'A store or its credential fails',
  about: 'No other identity is tried instead, and nothing is written.',
  rows: {
    'wrong-signature': {
      situation: 'the AccessKey secret is wrong',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`; the store is not Ready either',
      next: 'again soon, though nothing changes in the cluster',
    },
    'unknown-key': {
      situation: 'Alibaba Cloud does not know the AccessKey',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`; the store is not Ready either',
      next: 'again soon, though nothing changes in the cluster',
    },
    'session-over': {
      situation: 'a session is over before its time, and the role can be taken again',
      secret: 'is kept',
      ready: 'True `Synced`',
      next: 'at once: the read is repeated with a renewed credential',
    },
    'session-refused': {
      situation: 'a session is over, and the role cannot be taken again',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, which names the role; the store is not Ready either',
      next: 'again soon, though nothing changes in the cluster',
    },
    'credential-gone': {
      situation: 'the Secret with the credential is not there',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, which names the Secret; the store is not Ready either; nothing is read',
      next: 'at once when that Secret appears',
    },
    'credential-part': {
      situation: 'the Secret with the credential lacks a key',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, which names Secret and key; the store is not Ready either; nothing is read',
      next: 'at once when that Secret changes',
    },
    'token-file': {
      situation: 'the token file is not there',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, which names the file; the store is not Ready either; nothing is read',
      next: 'at once when the store changes',
    },
    'client-key-unreadable': {
      situation: 'the client key of a KMS instance cannot be opened',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, which names Secret and key; the store is not Ready either; nothing is read',
      next: 'at once when that Secret changes',
    },
    'client-key-expired': {
      situation: 'the client key of a KMS instance has expired',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with the date; the store is not Ready either; nothing is read',
      next: 'at once when that Secret changes',
    },
    'store-missing': {
      situation: 'there is no such store yet',
      secret: 'is not created',
      ready: 'False `StoreNotFound`, which names the store; nothing is read',
      next: 'at once when the store appears',
    },
    'store-gone': {
      situation: 'the store is deleted',
      secret: 'is kept',
      ready: 'False `StoreNotFound`, which names the store; nothing is read',
      next: 'at once when the store appears',
    },
    'store-closed': {
      situation: 'a ClusterSecretStore does not admit the namespace any more',
      secret: 'is kept',
      ready: 'False `StoreNotAllowed`, which names the store; nothing is read',
      next: 'at once when the store changes',
    },
    'secret-closed': {
      situation: 'the `allow` of a store does not name the secret any more',
      secret: 'is kept',
      ready: 'False `StoreNotAllowed`, which names store and secret; nothing is read',
      next: 'at once when the store changes',
    },
  },
} as const satisfies SituationTable
