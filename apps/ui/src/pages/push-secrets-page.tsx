import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { PushSecretRow } from '../model/views/index.ts'
import type { Column } from './components/tables/data-table.tsx'
import { CountCell, type ListKind, ListPage, ReasonCell, TwoLines } from './components/tables/list-page.tsx'
import { NoRows } from './components/tables/no-rows.tsx'
import { Notice } from './components/base/notice.tsx'
import { RowNotes } from './components/tables/row-notes.tsx'
import { ResourceBadge } from './components/base/state-badge.tsx'
import { Key } from './components/base/text.tsx'
import { Age } from './components/base/time.tsx'
import type { Messages } from './languages/languages.ts'
import { pushSecretHref } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'
import { rankOfPushSecret } from './state/select-push-secrets.ts'

const KIND: ListKind<PushSecretRow> = {
  name: 'push',
  idOf: ({ id }) => id,
  hrefOf: ({ id }) => pushSecretHref(id),
  textsOf: ({ id, secret, reason, message, stores }) => [id, secret, reason, message, ...stores],
  rankOf: rankOfPushSecret,
}

/** All PushSecrets, those that fail first. */
export function PushSecretsPage({ text }: { readonly text: string }): JSX.Element {
  const { data, navigation } = useApp()
  const messages = useMessages()
  const columns = useMemo(() => columnsOf(messages), [messages])
  return (
    <ListPage
      kind={KIND}
      rows={data.pushSecrets.value}
      columns={columns}
      title={messages.push.title}
      filterLabel={messages.push.filter}
      text={text}
      onFilter={(next) => navigation.replace({ page: 'pushSecrets', text: next })}
      none={
        <NoRows
          kinds={['PushSecret']}
          icon="push"
          permission={messages.push.permission}
          none={<Notice tone="plain" icon="push" title={messages.push.noneTitle} text={messages.push.noneText} />}
        />
      }
    />
  )
}

function columnsOf({ columns, push: texts }: Messages): ReadonlyArray<Column<PushSecretRow, never>> {
  return [
    {
      name: 'state',
      title: columns.state,
      cell: (row) => (
        <>
          <ResourceBadge state={row.state} />
          <RowNotes row={row} />
        </>
      ),
    },
    {
      name: 'name',
      title: columns.name,
      cell: (row) => (
        <a class="row-link" href={pushSecretHref(row.id)} tabIndex={-1} title={row.id}>
          <Key value={`${row.namespace}/${row.name}`} />
        </a>
      ),
    },
    { name: 'message', title: columns.reason, cell: (row) => <ReasonCell row={row} /> },
    {
      name: 'secret',
      title: columns.secret,
      cell: (row) => <TwoLines first={row.secret} second={row.stores[0] ?? ''} />,
    },
    {
      name: 'users',
      title: texts.targets,
      cell: ({ total, failed }) => (
        <CountCell count={texts.kmsSecrets(total)} failing={failed === 0 ? undefined : texts.failed(failed)} />
      ),
    },
    {
      name: 'changed',
      title: texts.pushed,
      cell: (row) => (row.pushedAt === undefined ? '–' : <Age at={row.pushedAt} as="ago" />),
    },
  ]
}
