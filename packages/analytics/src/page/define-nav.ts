import { TaphouseNav } from './taphouse-nav.ts';

customElements.define('taphouse-nav', TaphouseNav);
