/**
 * Asks one question at a time; of those that come meanwhile only the newest is asked. So an answer is never
 * older than one question, however fast they come.
 * @param ask must not reject
 */
export function newest<Question>(ask: (question: Question) => Promise<void>): (question: Question) => void {
  let waiting: { readonly question: Question } | null = null;
  let isAsking = false;
  const askAll = async (): Promise<void> => {
    isAsking = true;
    for (let next = waiting; next !== null; next = waiting) {
      waiting = null;
      await ask(next.question);
    }
    isAsking = false;
  };
  return (question) => {
    waiting = { question };
    if (!isAsking) void askAll();
  };
}
