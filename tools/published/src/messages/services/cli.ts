import type { ErrorClass } from '../extract-messages.ts'
import type { Advice } from '../service.ts'

/** Errors of `acksm`. Other strings of its sources are help, tables and progress. */
export const CLI_ERRORS: readonly ErrorClass[] = ['SecretSyncError', 'UsageError', 'InputError', 'DeclinedError']

export const CLI_SOURCES = ['apps/cli/src/**/*.ts', 'packages/command-line/src/**/*.ts']

/** Commands whose code is in a folder of `apps/cli/src`, if they are not named like it. */
export const COMMANDS_OF_FOLDER: Readonly<Record<string, string>> = {
  flags: 'all',
  identity: 'with an identity',
  kube: 'in a cluster',
  manage: '`put`, `edit`, `delete` …',
  manifests: 'with `-f`',
  suspend: '`suspend`, `resume`',
  terminal: 'that ask',
}

/** Advice for the texts of `acksm`, by words that they contain. The first that fits counts; texts with their own come first. */
export const CLI_ADVICE: readonly (readonly [words: RegExp, ...Advice])[] = [
  [/^Secret … has changed$/, 'Another client wrote the Secret meanwhile.', 'Run the command again.'],
  [/does not have the CRDs/, 'The cluster has no resources of this operator.', 'Run `acksm crds`, or use `-f FILE`.'],
  [/working directory was removed/, 'The directory of the shell no longer exists.', 'Change to another directory.'],
  [/^not found$/, 'The API server has no such object.', 'Check name, namespace, context.'],
  [/tokens of a ServiceAccount require/, 'Only an API server issues tokens.', 'Add `--kube`, or use another identity.'],
  [/not in the manifests/, 'A manifest refers to an object that no file has.', 'Add its file with `-f`.'],
  [
    /has not ended|not finished within|has ended before|^no response/,
    'A deadline or an input ended.',
    'Raise it, or use flags.',
  ],
  [/^check its name and region/, 'KMS has no such secret.', 'Correct the name, or add `--create`.'],
  [/no current version/, 'No version has the stage ACSCurrent.', 'Run `acksm promote SECRET VERSION_ID`.'],
  [/^no identity/, 'Neither flags, environment nor profiles have an identity.', 'Set one of those in the message.'],
  [/queue of the same region/, 'An operator ignores hints from another region.', 'Name the queue of the region.'],
  [
    /which acksm tree shows/,
    'The command does not know PushSecrets.',
    'Use `acksm tree push/NAME`; to push again, set the annotation.',
  ],
  [/has no namespace/, 'The kind is cluster-scoped.', 'Leave out the namespace.'],
  [/is binary/, 'The value is no text, which a terminal would garble.', 'Redirect it to a file.'],
  [/editor/, 'The editor failed; nothing is changed.', 'Check `$VISUAL` and `$EDITOR`, and try again.'],
  [
    /edited text|put stores any text/,
    'The text is not accepted; nothing is changed.',
    'Edit it again, or use `acksm put`.',
  ],
  [
    /no terminal to ask|with --yes/,
    'There is no terminal, as in a pipeline.',
    'Add `--yes`, and flags for the answers.',
  ],
  [/typed|no value|value is empty/, 'There is no value to store.', 'Use `--from-file FILE`, or a pipe.'],
  [
    /cannot be written|is not empty|: exists|is not from acksm|already/,
    'The output would replace files, or cannot be written.',
    'Choose another path, or `--force` where there is one.',
  ],
  [
    /expected|write it as|does not support|part of COMMAND|have no #|name a file in it|URL is not read/,
    'A value has another form.',
    'Write it as the message says.',
  ],
  [
    /more than|larger than|at most/,
    'A limit protects from huge input by mistake.',
    'Name fewer files or secrets, or use a manifest.',
  ],
  [
    /is not UTF-8|no \.yaml|no ExternalSecret|nothing to migrate|no stdin|manifests write/,
    'The input has no usable manifest.',
    'Correct the file or path that the message names.',
  ],
  [/given twice/, 'A flag or name is there twice.', 'Remove one of them.'],
  [/combined|different; use one|too many/, 'Two arguments exclude each other.', 'Use one of them.'],
  [/unknown reason/, 'No condition or event has this reason.', 'Run `acksm explain` for the list.'],
  [/no effect|shows ExternalSecrets|is for a secret/, 'The flag means nothing here.', 'Remove it.'],
  [/add --overwrite/, 'Tags or descriptions would be replaced.', 'Add `--overwrite` if that is meant.'],
  [
    /need|require|is missing|nothing to change|name a namespace|name what to|is empty$/,
    'An argument is missing that others depend on.',
    'Add what the message names.',
  ],
]
