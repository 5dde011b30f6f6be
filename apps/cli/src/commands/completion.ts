import { defineCommand } from '@ack-secret-manager/command-line'
import { SHELLS } from '../completion/shells.ts'

/** `acksm completion` */
export const completionCommand = defineCommand({
  name: 'completion',
  summary: 'Print a script that completes words in a shell.',
  description:
    'Completes commands, flags, their values and files; profiles; contexts of the kubeconfig; namespaces and resources of the cluster.\n' +
    'A cluster that does not respond within a second completes nothing.',
  examples: [
    ['source <(acksm completion bash)', 'in ~/.bashrc'],
    ['source <(acksm completion zsh)', 'in ~/.zshrc, after compinit'],
    ['acksm completion fish > ~/.config/fish/completions/acksm.fish', 'once'],
    ['acksm completion powershell | Out-String | Invoke-Expression', 'in $PROFILE'],
  ],
  argument: { name: 'SHELL', help: `One of: ${SHELLS.join(', ')}.`, choices: SHELLS },
  flags: {},
  note: 'ACKSM_COMPLETE_SECRETS=1 also completes names of KMS secrets. They are kept for five minutes in ~/.cache/acksm.\nkubectl acksm is completed by kubectl itself, if kubectl_complete-acksm is on the PATH.',
  load: async () => (await import('../completion/run-completion.ts')).runCompletion,
})
