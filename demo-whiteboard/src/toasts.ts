import { limits } from "./limits.ts";
import { createStore, type Store } from "./store.ts";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: ToastAction | null;
}

export interface ToastAction {
  readonly label: string;
  act(): void;
}

/** Short news that go by themselves. The newest are kept, the oldest make room. */
export class Toasts {
  readonly list: Store<readonly Toast[]> = createStore<readonly Toast[]>([]);
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private made = 0;

  show(text: string, action: ToastAction | null = null): void {
    this.made += 1;
    const toast = { id: this.made, text, action };
    const others = this.list.get().filter((other) => other.text !== text);
    for (const other of this.list.get()) if (other.text === text) this.forget(other.id);
    this.list.set([...others, toast].slice(-limits.toastsMax));
    const { toastMs, toastWithActionMs } = limits;
    this.timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), action ? toastWithActionMs : toastMs),
    );
  }

  dismiss(id: number): void {
    this.forget(id);
    this.list.set(this.list.get().filter((toast) => toast.id !== id));
  }

  dispose(): void {
    for (const id of [...this.timers.keys()]) this.forget(id);
  }

  private forget(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }
}
