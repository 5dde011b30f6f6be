import { scriptText } from './script-text.ts'

/** The script for bash 3.2 and newer. It never evaluates what a user is typing. */
export const BASH = scriptText`# bash completion for acksm. To load it: source <(acksm completion bash)

_acksm() {
    local rest=$\{COMP_LINE:0:COMP_POINT} trimmed i char out line directive=4 words=() last=-1 current
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=$\{rest#"$\{rest%%[![:blank:]]*}"}
        current=$\{COMP_WORDS[i]}
        # Up to the cursor.
        ((i == COMP_CWORD)) && current=$trimmed
        # bash also splits at = and :, which separate no words.
        if ((i > 0)) && [[ $trimmed == "$rest" ]]; then
            words[last]+=$current
        else
            words[++last]=$current
        fi
        rest=$\{trimmed#"$\{COMP_WORDS[i]}"}
    done
    current=$\{words[last]}

    # A login command of a kubeconfig must not read the keys of the user.
    out=$(acksm __complete "$\{words[@]:1}" </dev/null 2>/dev/null) || return
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :*) directive=$\{line#:} ;;
        *) COMPREPLY+=("$\{line%%$'\t'*}") ;;
        esac
    done <<<"$out"

    # bash replaces only what follows the last = or :
    for char in = :; do
        if [[ $current == *$char* && $COMP_WORDBREAKS == *$char* ]]; then
            COMPREPLY=("$\{COMPREPLY[@]#"$\{current%"$\{current##*$char}"}"}")
        fi
    done
    # A name may contain characters that bash would run.
    for i in "$\{!COMPREPLY[@]}"; do
        printf -v line %q "$\{COMPREPLY[i]}"
        COMPREPLY[i]=$line
    done
    if type compopt >/dev/null 2>&1; then
        ((directive & 2)) && compopt -o nospace
        ((directive & 4)) && compopt +o default
    fi
    return 0
}

complete -o default -F _acksm acksm
`
