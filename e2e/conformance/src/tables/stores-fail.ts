import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Failures of stores and their identities. */
export const STORES_FAIL = {
  ...WHAT_HAPPENS,
  title: 'A store or its credential fails',
  about: 'The operator never falls back to another identity, and writes nothing.',
  rows: {
    'wrong-signature': {
      scenario: 'the AccessKey secret is wrong',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`; the store is not Ready either',
      next: 'retried soon, without a change in the cluster',
    },
    'unknown-key': {
      scenario: 'the AccessKey does not exist in Alibaba Cloud',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`; the store is not Ready either',
      next: 'retried soon, without a change in the cluster',
    },
    'session-over': {
      scenario: 'a session ends early and the role can be assumed again',
      secret: 'is kept',
      ready: 'True `Synced`',
      next: 'at once: the read is repeated with a renewed credential',
    },
    'session-refused': {
      scenario: 'a session ends and the role cannot be assumed again',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with the role; the store is not Ready either',
      next: 'retried soon, without a change in the cluster',
    },
    'credential-gone': {
      scenario: 'the Secret with the credential does not exist',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with the Secret; the store is not Ready either; nothing is read',
      next: 'at once when that Secret is created',
    },
    'credential-part': {
      scenario: 'the Secret with the credential lacks a key',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with Secret and key; the store is not Ready either; nothing is read',
      next: 'at once when that Secret changes',
    },
    'token-file': {
      scenario: 'the token file does not exist',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with the file; the store is not Ready either; nothing is read',
      next: 'at once when the store changes',
    },
    'client-key-unreadable': {
      scenario: 'the client key of a KMS instance cannot be opened',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with Secret and key; the store is not Ready either; nothing is read',
      next: 'at once when that Secret changes',
    },
    'client-key-expired': {
      scenario: 'the client key of a KMS instance has expired',
      secret: 'is kept',
      ready: 'False `AuthenticationFailed`, with the date; the store is not Ready either; nothing is read',
      next: 'at once when that Secret changes',
    },
    'store-missing': {
      scenario: 'the store does not exist yet',
      secret: 'is not created',
      ready: 'False `StoreNotFound`, with the store; nothing is read',
      next: 'at once when the store is created',
    },
    'store-gone': {
      scenario: 'the store is deleted',
      secret: 'is kept',
      ready: 'False `StoreNotFound`, with the store; nothing is read',
      next: 'at once when the store is created',
    },
    'store-closed': {
      scenario: 'a ClusterSecretStore no longer admits the namespace',
      secret: 'is kept',
      ready: 'False `StoreNotAllowed`, with the store; nothing is read',
      next: 'at once when the store changes',
    },
    'secret-closed': {
      scenario: 'the `allow` of a store no longer includes the secret',
      secret: 'is kept',
      ready: 'False `StoreNotAllowed`, with store and secret; nothing is read',
      next: 'at once when the store changes',
    },
  },
} as const satisfies ScenarioTable
