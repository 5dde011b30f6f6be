import type { JSX } from 'preact'
import { useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'

/** The field that `/` focuses; Escape empties it, and the arrow down leads to the table. */
export function SearchField({
  value,
  label,
  onChange,
}: {
  readonly value: string
  readonly label: string
  readonly onChange: (value: string) => void
}): JSX.Element {
  const { filter } = useMessages()
  return (
    <label class="search">
      <Icon name="search" />
      <span class="visually-hidden">{label}</span>
      <input
        type="search"
        data-search
        value={value}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        maxLength={300}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') document.querySelector<HTMLElement>('[role=grid]')?.focus()
          else if (event.key !== 'Escape') return
          else if (value === '') event.currentTarget.blur()
          else onChange('')
          event.preventDefault()
        }}
      />
      <kbd aria-hidden="true" title={filter.key}>
        /
      </kbd>
    </label>
  )
}
