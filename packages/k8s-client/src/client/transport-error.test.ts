import { expect, it } from 'vitest'
import { transportError } from './transport-error.ts'

it.each([
  { code: 'EMFILE', advice: 'there are too many open files; raise their limit' },
  { code: 'ENFILE', advice: 'there are too many open files; raise their limit' },
  { code: 'ECONNREFUSED', advice: 'check that the API server is up and that this machine can reach it' },
  {
    code: 'SELF_SIGNED_CERT_IN_CHAIN',
    advice: 'check the certificate authority and the credentials of the kubeconfig',
  },
  { code: 'CERT_HAS_EXPIRED', advice: "check this machine's clock, and the dates of the certificate" },
  { code: 'CERT_NOT_YET_VALID', advice: "check this machine's clock, and the dates of the certificate" },
])('advises what to do about $code', ({ code, advice }) => {
  const error = Object.assign(new Error('refused'), { code })
  expect(transportError(error, 'get secrets app/db').message).toBe(
    `get secrets app/db: the API server cannot be reached (${code}); ${advice}`,
  )
})
