import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, OPERATOR_NAMESPACE, SELECT_FLAGS } from '../kube/kube-flags.ts'

/** Flags of `acksm ui`. */
export const UI_FLAGS = {
  'all-namespaces': SELECT_FLAGS['all-namespaces'],
  port: {
    kind: 'integer',
    value: 'PORT',
    min: '1',
    max: '65535',
    help: 'The port on 127.0.0.1. Default: a free one.',
  },
  'no-open': { kind: 'switch', help: 'Print the link only; open no browser.' },
  'read-only': { kind: 'switch', help: 'Offer no action.' },
  ...KUBE_FLAGS,
  'operator-namespace': OPERATOR_NAMESPACE,
} as const satisfies Flags
