import '../../page/define-nav.ts';
import '../../sql-page/define-sql-page.ts';
