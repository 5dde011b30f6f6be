import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import type { ResourceState } from '../../../model/views/index.ts'
import { ALL_RESOURCES, type ResourceQuery, SORT_KEYS, type SortKey } from '../../routes.ts'
import { useApp, useMessages } from '../../state/app.ts'
import { countStates, STATE_ORDER } from '../../state/select-rows.ts'
import { Icon } from '../base/icon.tsx'
import { SearchField } from './search-field.tsx'
import { RESOURCE_TONES } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'

interface FilterProps {
  readonly query: ResourceQuery
  readonly onChange: (part: Partial<ResourceQuery>) => void
}

/** The filters of the table of resources. */
export function FilterBar({ query, onChange }: FilterProps): JSX.Element {
  const messages = useMessages()
  const { data, navigation } = useApp()
  const choices = useComputed(() => {
    const namespaces = new Set<string>()
    const reasons = new Set<string>()
    for (const row of data.resources.value.values()) {
      namespaces.add(row.namespace)
      if (row.reason !== '') reasons.add(row.reason)
    }
    return { namespaces: [...namespaces].sort(), reasons: [...reasons].sort() }
  })
  const counts = useComputed(() => {
    const route = navigation.route.value
    return countStates(data.resources.value.values(), route.page === 'resources' ? route.query : ALL_RESOURCES)
  })
  return (
    <div class="filters" role="search" aria-label={messages.filter.label}>
      <SearchField value={query.text} label={messages.filter.text} onChange={(text) => onChange({ text })} />
      <fieldset class="states">
        <legend class="visually-hidden">{messages.columns.state}</legend>
        {STATE_ORDER.map((state) => (
          <StateFilter key={state} state={state} count={counts.value[state]} query={query} onChange={onChange} />
        ))}
      </fieldset>
      <div class="selects">
        <Choice
          label={messages.filter.namespace}
          value={query.namespace}
          values={choices.value.namespaces}
          onChange={(namespace) => onChange({ namespace })}
        />
        <Choice
          label={messages.filter.reason}
          value={query.reason}
          values={choices.value.reasons}
          onChange={(reason) => onChange({ reason })}
        />
        <SortChoice query={query} onChange={onChange} />
      </div>
      <Chips query={query} onChange={onChange} />
    </div>
  )
}

function StateFilter({
  state,
  count,
  query,
  onChange,
}: FilterProps & { readonly state: ResourceState; readonly count: number }): JSX.Element {
  const messages = useMessages()
  const isOn = query.states.includes(state)
  const toggle = () =>
    onChange({ states: STATE_ORDER.filter((each) => (each === state ? !isOn : query.states.includes(each))) })
  return (
    <button type="button" class={`toggle tone-${RESOURCE_TONES[state]}`} aria-pressed={isOn} onClick={toggle}>
      <Icon name={state} />
      {messages.states[state]} <span class="toggle-count">{messages.number(count)}</span>
    </button>
  )
}

function Choice({
  label,
  value,
  values,
  onChange,
}: {
  readonly label: string
  readonly value: string
  readonly values: readonly string[]
  readonly onChange: (value: string) => void
}): JSX.Element {
  const { filter } = useMessages()
  // A value of the URL that no row has stays visible, so that it can be removed.
  const options = value === '' || values.includes(value) ? values : [value, ...values]
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">{filter.all}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  )
}

/** On a narrow screen the heads of the columns, which sort, are hidden. */
function SortChoice({ query, onChange }: FilterProps): JSX.Element {
  const { columns, filter } = useMessages()
  return (
    <label class="choice choice-sort">
      <span>{filter.sort}</span>
      <select
        value={query.sort}
        onChange={({ currentTarget }) => onChange({ sort: currentTarget.value as SortKey, isDescending: false })}
      >
        {SORT_KEYS.map((key) => (
          <option key={key} value={key}>
            {columns[key]}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Filters that links of other pages have set, each with a button to remove it. */
function Chips({ query, onChange }: FilterProps): JSX.Element | null {
  const { filter } = useMessages()
  const chips = [
    { value: query.store, part: { store: '' } },
    { value: query.createdBy, part: { createdBy: '' } },
  ].filter(({ value }) => value !== '')
  if (chips.length === 0) return null
  return (
    <ul class="chips">
      {chips.map(({ value, part }) => (
        <li key={value} class="chip chip-accent">
          <Text value={value} />
          <button type="button" class="chip-remove" aria-label={filter.remove(value)} onClick={() => onChange(part)}>
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}
