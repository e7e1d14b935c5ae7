import { COMMANDS, type CommandName, OPTIONS, type OptionDescription } from '../../options/optionTable.ts';
import { optionsOf, SUBJECT_WORDS } from './proposals.ts';
import { valueKind } from './valueKind.ts';

const NAMES = Object.keys(COMMANDS) as CommandName[];

/** What is proposed for the value of an option, as a branch of `case $previous`. */
function valueBranch(option: OptionDescription): string[] {
  const value = valueKind(option);
  const label = `    --${option.name})`;
  switch (value.kind) {
    case 'switch':
      return [];
    case 'words':
      return [`${label} words='${value.words.join(' ')}' ;;`];
    case 'file':
      return [`${label} compopt -o default 2>/dev/null; return ;;`];
    case 'directory':
      return [`${label} compopt -o dirnames 2>/dev/null; return ;;`];
    case 'free':
      return [`${label} return ;;`];
  }
}

function commandBranch(command: CommandName): string {
  const options = optionsOf(command).map(({ name }) => `--${name}`);
  return `      ${command}) words='${[...(SUBJECT_WORDS[command] ?? []), ...options].join(' ')}' ;;`;
}

/** The script of `mlflow-migrate completion bash`, made of the table of options. Bash of 3.2 reads it, as macOS has it. */
export function bashCompletion(): string {
  const first = [...NAMES, ...optionsOf('migrate').map(({ name }) => `--${name}`)];
  return `# Completion of mlflow-migrate in bash: source <(mlflow-migrate completion bash)
_mlflow_migrate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' word
  # Bash takes --layout=tables for three words.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${NAMES.join('|')}) command=$word; break ;; esac
  done
  case $previous in
${OPTIONS.flatMap(valueBranch).join('\n')}
    *) case $command in
      '') words='${first.join(' ')}' ;;
${NAMES.map(commandBranch).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _mlflow_migrate mlflow-migrate
`;
}
