import { nextCommands } from '@ack-secret-manager/resource-view'
import { REASON_GUIDES } from '@ack-secret-manager/resources'
import { expect, it } from 'vitest'
import { clusterCommand, restartCommand } from './cluster-command.ts'

it.each([
  ['acksm status web -n shop', 'acksm status web -n shop --context prod'],
  ['acksm tree web -n shop', 'acksm tree web -n shop --context prod'],
  ['acksm refresh web -n shop --wait', 'acksm refresh web -n shop --wait --context prod'],
  ['acksm resume web -n shop', 'acksm resume web -n shop --context prod'],
  ['acksm doctor --kube', 'acksm doctor --kube --context prod'],
  ['acksm ui', 'acksm ui --context prod'],
  ['kubectl auth whoami', 'kubectl auth whoami --context prod'],
  ['acksm crds | kubectl apply --server-side -f -', 'acksm crds | kubectl apply --server-side -f - --context prod'],
  ["acksm status 'a | kubectl b' -n shop", "acksm status 'a | kubectl b' -n shop --context prod"],
  ['acksm explain AccessDenied', 'acksm explain AccessDenied'],
  ['acksm init', 'acksm init'],
  ["acksm list 'app/*'", "acksm list 'app/*'"],
])('%s names the context', (command, expected) => {
  expect(clusterCommand(command, { context: 'prod' })).toBe(expected)
})

it.each([
  [{ context: '' }, 'kubectl get x'],
  [{ context: "it's" }, String.raw`kubectl get x --context 'it'\''s'`],
  [
    { context: 'two', kubeconfig: '/home/eve/my config' },
    "kubectl get x --kubeconfig '/home/eve/my config' --context two",
  ],
])('with %j', (scope, expected) => expect(clusterCommand('kubectl get x', scope)).toBe(expected))

it('names the context in every command of a guide that has a namespace or all of them', () => {
  const commands = REASON_GUIDES.flatMap(({ kind, reason }) => nextCommands(kind, reason))
  const ofCluster = commands.filter((command) => / -n | -A|--kube\b|^kubectl|\/NAME/.test(command))
  expect(ofCluster.length).toBeGreaterThan(20)
  expect(ofCluster.filter((command) => !clusterCommand(command, { context: 'x' }).endsWith(' --context x'))).toEqual([])
})

it.each([
  [{}, 'acksm ui -A'],
  [{ namespace: 'shop', isReadOnly: true }, 'acksm ui -n shop --read-only'],
])('starts the pages again with %j', (part, expected) => {
  expect(restartCommand({ version: '', context: 'x', apiServer: '', isReadOnly: false, ...part })).toBe(expected)
})
