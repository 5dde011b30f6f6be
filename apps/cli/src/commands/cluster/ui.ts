import { defineCommand } from '@ack-secret-manager/command-line'
import { UI_FLAGS } from '../../ui/ui-flags.ts'

/** `acksm ui` */
export const uiCommand = defineCommand({
  name: 'ui',
  summary: 'Show what the operator does on a live page in the browser.',
  description:
    'Serves a page on 127.0.0.1 until Ctrl-C. It has the permissions of the kubeconfig, and needs nothing in the cluster.\n' +
    'It shows failures by store and cause, every ExternalSecret, stores, rotations and the operator. It never reads a value.\n' +
    'The link opens the page once, in one browser. Refresh, suspend and resume ask before they change something.',
  examples: [
    ['acksm ui', 'the namespace of the context'],
    ['acksm ui -A', 'all namespaces'],
    ['acksm ui -n shop --read-only', 'without actions'],
    [
      'acksm ui -A --port 8899 --no-open',
      'prints the link only, for a machine without a browser: ssh -L 8899:127.0.0.1:8899',
    ],
  ],
  flags: UI_FLAGS,
  load: async () => (await import('../../ui/run-ui.ts')).runUi,
})
